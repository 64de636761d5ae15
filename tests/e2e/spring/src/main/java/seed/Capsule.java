package seed;

/** As much of a capsule as the test looks at. */
public record Capsule(String capsuleId) {}
