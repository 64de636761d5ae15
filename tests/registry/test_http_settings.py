import pytest

R1 = '{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}'


async def test_the_global_level_is_backward_until_it_is_changed(api):
    assert await api.get("/config") == (200, {"compatibilityLevel": "BACKWARD"})
    assert await api.put("/config", {"compatibility": "full"}) == (200, {"compatibility": "FULL"})
    assert await api.get("/config") == (200, {"compatibilityLevel": "FULL"})
    assert await api.delete("/config") == (200, {"compatibilityLevel": "FULL"})
    assert await api.get("/config") == (200, {"compatibilityLevel": "BACKWARD"})


async def test_a_subject_without_its_own_level_says_so_or_falls_back(api):
    status, answer = await api.get("/config/s")
    assert (status, answer["error_code"]) == (404, 40408)
    assert answer["message"] == "Subject 's' does not have subject-level compatibility configured"
    assert await api.get("/config/s?defaultToGlobal=true") == (200, {"compatibilityLevel": "BACKWARD"})
    assert await api.put("/config/s", {"compatibility": "NONE"}) == (200, {"compatibility": "NONE"})
    assert await api.get("/config/s") == (200, {"compatibilityLevel": "NONE"})
    assert await api.delete("/config/s") == (200, {"compatibilityLevel": "NONE"})
    assert (await api.get("/config/s"))[1]["error_code"] == 40408
    assert (await api.delete("/config/s"))[1]["error_code"] == 40401


@pytest.mark.parametrize("level", ["BACKWARDS", "", "x"])
async def test_an_unknown_level_is_422(api, level):
    for path in ("/config", "/config/s"):
        status, answer = await api.put(path, {"compatibility": level})
        assert (status, answer["error_code"]) == (422, 42203)


async def test_settings_change_one_by_one(api):
    await api.put("/config/s", {"compatibility": "FULL", "compatibilityGroup": "major"})
    assert await api.put("/config/s", {"normalize": True}) == (200, {"normalize": True})
    assert await api.get("/config/s") == (
        200,
        {"compatibilityLevel": "FULL", "compatibilityGroup": "major", "normalize": True},
    )


async def test_a_level_that_a_subject_does_not_set_follows_the_global_one(api):
    await api.put("/config/s", {"normalize": True})
    assert await api.get("/config/s") == (200, {"compatibilityLevel": "BACKWARD", "normalize": True})
    await api.put("/config", {"compatibility": "FULL"})
    assert await api.get("/config/s") == (200, {"compatibilityLevel": "FULL", "normalize": True})


async def test_an_alias_stands_for_another_subject(api):
    await api.register("real", R1)
    await api.put("/config/nick", {"alias": "real"})
    status, answer = await api.get("/subjects/nick/versions/latest")
    assert (status, answer["subject"]) == (200, "real")
    assert await api.register("nick", R1) == 1


@pytest.mark.parametrize("subject", ["__GLOBAL", "a%0Ab"])
async def test_settings_of_a_name_that_no_subject_can_have_are_refused(api, subject):
    assert (await api.put(f"/config/{subject}", {"compatibility": "NONE"}))[1]["error_code"] == 42208
    assert (await api.put(f"/mode/{subject}", {"mode": "READONLY"}))[1]["error_code"] == 42208


# Modes


async def test_modes_fall_back_from_subject_to_global(api):
    assert await api.get("/mode") == (200, {"mode": "READWRITE"})
    assert (await api.get("/mode/s"))[1] == {
        "error_code": 40409,
        "message": "Subject 's' does not have subject-level mode configured",
    }
    assert await api.put("/mode", {"mode": "readonly"}) == (200, {"mode": "READONLY"})
    assert await api.get("/mode/s?defaultToGlobal=true") == (200, {"mode": "READONLY"})
    assert await api.put("/mode/s", {"mode": "READWRITE"}) == (200, {"mode": "READWRITE"})
    assert await api.register("s", R1) == 1
    assert (await api.post("/subjects/t/versions", {"schema": R1}))[1]["error_code"] == 42205
    assert await api.delete("/mode/s") == (200, {"mode": "READWRITE"})
    assert (await api.delete("/mode/s"))[1]["error_code"] == 40401
    assert await api.delete("/mode") == (200, {"mode": "READONLY"})
    assert await api.get("/mode") == (200, {"mode": "READWRITE"})


async def test_a_mode_can_be_taken_away_with_those_below_it(api):
    for path in ("/mode", "/mode/s", "/mode/:.a:", "/mode/:.a:s", "/mode/:.b:s"):
        await api.put(path, {"mode": "READONLY"})
    assert await api.delete("/mode/:.a:?recursive=true") == (200, {"mode": "READONLY"})
    assert (await api.get("/mode/:.a:s"))[1]["error_code"] == 40409
    assert await api.get("/mode/:.b:s") == (200, {"mode": "READONLY"})
    assert await api.delete("/mode?recursive=false") == (200, {"mode": "READONLY"})
    assert await api.get("/mode/s") == (200, {"mode": "READONLY"})
    assert await api.delete("/mode?recursive=true") == (200, {"mode": "READWRITE"})
    for path in ("/mode/s", "/mode/:.b:s"):
        assert (await api.get(path))[1]["error_code"] == 40409


async def test_an_unknown_mode_is_422(api):
    for body in ({"mode": "WRITE"}, {"mode": ""}, {}):
        status, answer = await api.put("/mode", body)
        assert (status, answer["error_code"]) == (422, 42204)


async def test_read_only_refuses_every_write_but_knows_what_is_registered(api):
    await api.register("s", R1)
    await api.put("/mode/s", {"mode": "READONLY"})
    assert await api.register("s", R1) == 1
    refused = {"error_code": 42205, "message": "Subject s is in read-only mode"}
    assert await api.post("/subjects/s/versions", {"schema": '"int"'}) == (422, refused)
    assert await api.delete("/subjects/s") == (422, refused)
    assert await api.delete("/subjects/s/versions/1") == (422, refused)
    assert await api.put("/config/s", {"compatibility": "NONE"}) == (422, refused)


async def test_what_is_deleted_already_is_said_before_what_is_read_only(api):
    await api.register("s", R1)
    await api.delete("/subjects/s")
    await api.put("/mode/s", {"mode": "READONLY"})
    assert (await api.delete("/subjects/s"))[1]["error_code"] == 40404
    assert (await api.delete("/subjects/s/versions/1"))[1]["error_code"] == 40406
    assert (await api.delete("/subjects/s/versions/1?permanent=true"))[1]["error_code"] == 42205


async def test_a_read_only_override_beats_the_subjects_mode(api):
    await api.put("/mode/s", {"mode": "READWRITE"})
    await api.put("/mode", {"mode": "READONLY_OVERRIDE"})
    assert (await api.post("/subjects/s/versions", {"schema": R1}))[1]["error_code"] == 42205


async def test_import_takes_ids_and_versions_as_they_are(api):
    assert await api.put("/mode/s", {"mode": "IMPORT"}) == (200, {"mode": "IMPORT"})
    assert await api.register("s", R1, id=100, version=5) == 100
    assert await api.register("s", '"string"', id=7, version=2) == 7
    assert await api.get("/subjects/s/versions") == (200, [2, 5])
    assert (await api.get("/schemas/ids/100"))[1] == {"schema": R1}
    status, answer = await api.post("/subjects/s/versions", {"schema": '"long"', "id": 100})
    assert (status, answer) == (
        422,
        {"error_code": 42205, "message": "Overwrite new schema with id 100 is not permitted."},
    )
    assert (await api.post("/subjects/s/versions", {"schema": '"long"'}))[1]["message"] == (
        "Subject s is not in read-write mode"
    )
    status, answer = await api.post("/subjects/s/versions", {"schema": R1, "id": 3})
    assert (status, answer["error_code"]) == (422, 42207)
    await api.put("/mode/s", {"mode": "READWRITE"})
    await api.put("/config/s", {"compatibility": "NONE"})
    assert await api.register("s", '"long"') == 101


async def test_ids_and_versions_cannot_be_chosen_outside_import(api):
    status, answer = await api.post("/subjects/s/versions", {"schema": R1, "id": 9})
    assert (status, answer) == (422, {"error_code": 42205, "message": "Subject s is not in import mode"})
    assert (await api.post("/subjects/s/versions", {"schema": R1, "version": 3}))[1]["error_code"] == 42201
    assert await api.register("s", R1, version=1) == 1


async def test_import_over_existing_subjects_needs_force(api):
    await api.register("s", R1)
    for path in ("/mode", "/mode/s"):
        status, answer = await api.put(path, {"mode": "IMPORT"})
        assert (status, answer) == (
            422,
            {"error_code": 42205, "message": "Cannot import since found existing subjects"},
        )
        assert (await api.put(f"{path}?force=true", {"mode": "IMPORT"}))[0] == 200
        await api.delete(path)
    assert (await api.put("/mode/new", {"mode": "IMPORT"}))[0] == 200


@pytest.mark.parametrize(("path", "subject"), [("/mode", "s"), ("/mode/s", "s"), ("/mode/:.dev:", ":.dev:s")])
async def test_import_forgets_what_was_deleted_softly(api, start, path, subject):
    await api.register(subject, R1)
    await api.delete(f"/subjects/{subject}")
    assert await api.put(path, {"mode": "IMPORT"}) == (200, {"mode": "IMPORT"})
    assert await api.get("/subjects?deleted=true") == (200, [])
    assert await api.register(subject, '"string"', id=1, version=1) == 1
    for instance in (api, await start()):
        assert await instance.get(f"/subjects/{subject}/versions?deleted=true") == (200, [1])
        assert (await instance.get(f"/subjects/{subject}/versions/1"))[1]["schema"] == '"string"'


async def test_import_by_force_keeps_what_was_deleted_softly(api):
    await api.register("s", R1)
    await api.delete("/subjects/s")
    await api.put("/mode/s?force=true", {"mode": "IMPORT"})
    assert await api.get("/subjects?deleted=true") == (200, ["s"])


async def test_import_does_not_forget_what_is_referred_to(api):
    base = {"name": "com.Base", "subject": "base", "version": 1}
    await api.register("base", '{"type":"record","name":"Base","namespace":"com","fields":[]}')
    await api.delete("/subjects/base")
    await api.put("/mode/user", {"mode": "IMPORT"})
    await api.register("user", '{"type":"array","items":"com.Base"}', references=[base], id=9, version=1)
    status, answer = await api.put("/mode/base", {"mode": "IMPORT"})
    assert (status, answer["error_code"]) == (422, 42206)
    assert await api.get("/subjects/base/versions?deleted=true") == (200, [1])


@pytest.mark.parametrize("mode", ["IMPORT", "FORWARD"])
async def test_what_is_imported_is_taken_with_a_bad_default_and_found_again(api, mode):
    old = '{"type":"record","name":"R","fields":[{"name":"a","type":"int","default":"x"}]}'
    assert (await api.post("/subjects/s/versions", {"schema": old}))[1]["error_code"] == 42201
    await api.put("/mode/s", {"mode": mode})
    assert await api.register("s", old, id=7, version=3) == 7
    assert (await api.post("/subjects/s", {"schema": old}))[1]["version"] == 3


# Contexts


async def test_ids_are_counted_in_each_context(api):
    assert await api.register("a", R1) == 1
    assert await api.register("b", '"int"') == 2
    assert await api.register(":.dev:a", '"int"') == 1
    assert await api.get("/contexts") == (200, [".", ".dev"])
    assert await api.get("/schemas/ids/1") == (200, {"schema": R1})
    assert await api.get("/schemas/ids/1?subject=:.dev:a") == (200, {"schema": '"int"'})
    assert await api.get("/schemas/ids/1?subject=:.dev:") == (200, {"schema": '"int"'})
    assert await api.get("/subjects") == (200, [":.dev:a", "a", "b"])
    assert await api.get("/subjects?subjectPrefix=:.dev:") == (200, [":.dev:a"])


async def test_contexts_can_stand_in_the_path(api):
    await api.register("a", R1)
    status, answer = await api.post("/contexts/.dev/subjects/a/versions", {"schema": '"int"'})
    assert (status, answer) == (200, {"id": 1})
    assert await api.get("/contexts/:.dev:/subjects/a/versions/latest") == (
        200,
        {"subject": ":.dev:a", "version": 1, "id": 1, "schema": '"int"'},
    )
    assert await api.get("/contexts/.dev/subjects") == (200, [":.dev:a"])
    assert await api.get("/contexts/.dev/schemas/ids/1") == (200, {"schema": '"int"'})
    assert await api.put("/contexts/.dev/config", {"compatibility": "NONE"}) == (200, {"compatibility": "NONE"})
    assert await api.get("/config/:.dev:a?defaultToGlobal=true") == (200, {"compatibilityLevel": "NONE"})
    assert await api.get("/config") == (200, {"compatibilityLevel": "BACKWARD"})
    await api.put("/contexts/.dev/mode", {"mode": "READONLY"})
    assert (await api.post("/subjects/:.dev:b/versions", {"schema": R1}))[1]["error_code"] == 42205


async def test_a_context_goes_with_its_last_subject(api):
    await api.register(":.dev:a", R1)
    status, answer = await api.delete("/contexts/.dev")
    assert (status, answer["error_code"]) == (422, 42211)
    await api.delete("/subjects/:.dev:a")
    await api.delete("/subjects/:.dev:a?permanent=true")
    assert await api.delete("/contexts/.dev") == (204, None)
    assert await api.get("/contexts") == (200, ["."])


async def test_a_plain_subject_is_found_in_the_context_that_has_it(api):
    await api.register(":.dev:only", R1)
    status, answer = await api.get("/subjects/only/versions/latest")
    assert (status, answer["subject"]) == (200, ":.dev:only")
    assert await api.get("/schemas/ids/1?subject=only") == (200, {"schema": R1})
