"""The scenario file as typed values: header, steps and the small vocabulary that the steps share."""
