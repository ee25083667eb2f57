"""The official Python client against the server: the guide's flows, lists, streams, errors and reads."""

import asyncio
import sys
import uuid

from humanloop import Humanloop
from humanloop.exceptions import ApiException

url, key = sys.argv[1:]
humanloop = Humanloop(api_key=key, host=url, openai_api_key="sk-of-the-caller")


def refused(status, call):
    try:
        call()
    except ApiException as error:
        assert error.status == status, (error.status, error.body)
        return error.body["detail"]
    raise AssertionError(f"{status} was expected")


# The guide's agent: a moderator, a tool, an answer; one session.
session = str(uuid.uuid4())
question = "Which country won Eurovision 2023?"
moderated = humanloop.chat(
    project="sessions_example_moderator",
    session_reference_id=session,
    model_config={
        "model": "gpt-4",
        "temperature": 0,
        "max_tokens": 1,
        "chat_template": [
            {"role": "user", "content": "{{user_request}}"},
            {"role": "system", "content": "Answer the above question with Yes or No. If you are unsure, answer Yes."},
        ],
    },
    messages=[],
    inputs={"user_request": question},
)
assert moderated.data[0].output == "No", moderated.data[0].output
assert moderated.usage.total_tokens == 10
assert moderated.data[0].messages[0].content == question
google = humanloop.log(
    project="sessions_example_google",
    session_reference_id=session,
    inputs={"q": question},
    output="Sweden",
    config={"name": "Google Search", "type": "tool", "source_code": "def google(q): ...", "description": "Searches"},
)
completed = humanloop.complete(
    project="sessions_example_assistant",
    session_reference_id=session,
    model_config={
        "prompt_template": "Question: {{user_request}}\nGoogle result: {{google_answer}}\nAnswer:\n",
        "model": "text-davinci-002",
        "temperature": 0,
    },
    inputs={"user_request": question, "google_answer": "Sweden"},
)
assert completed.data[0].raw_output.startswith("\n you said: Question: Which"), completed.data[0].raw_output
assert completed.data[0].output == completed.data[0].raw_output.strip()
assert moderated.session_id == google.session_id == completed.session_id
there = humanloop.sessions.get(id=google.session_id)
assert there.reference_id == session and there.datapoints_count == 3, there
assert {(project.name, project.type) for project in there.projects} == {
    ("sessions_example_moderator", "prompt"), ("sessions_example_google", "tool"), ("sessions_example_assistant", "prompt"),
}, there.projects
assert there.first_inputs == {"user_request": question}

# Nesting by reference, and by id.
parent_reference = str(uuid.uuid4())
model = {"model": "gpt-4", "type": "model"}
base = {"project": "sessions_example_assistant", "session_reference_id": session, "inputs": {}, "output": "x"}
parent = humanloop.log(**base, reference_id=parent_reference, messages=[{"role": "user", "content": "hi"}], config=model)
child = humanloop.log(**base, parent_reference_id=parent_reference, config=model)
grandchild = humanloop.log(**base, parent_id=child.id, config=model)
read = humanloop.logs.get(id=child.id)
assert read.parent_id == parent.id and read.parent_reference_id == parent_reference, read
assert humanloop.logs.get(id=grandchild.id).parent_id == child.id
assert humanloop.logs.get(id=parent.id).messages[0].content == "hi"
tool = humanloop.logs.get(id=google.id)
assert tool.config.name == "Google Search" and tool.config.status == "committed", tool.config

# Deferred output.
reference = uuid.uuid4().hex
humanloop.log(project="sessions_example_deferred_log", reference_id=reference, inputs={"input": "parent"},
              config={"model": "gpt-3.5-turbo", "type": "model", "temperature": 0.7, "prompt_template": "A prompt template"})
updated = humanloop.logs.update_by_ref(reference_id=reference, output="updated parent output")
assert updated.output == "updated parent output" and updated.config.max_tokens == -1, updated
updated = humanloop.logs.update(id=updated.id, duration=1.5)
assert updated.duration == 1.5 and updated.output == "updated parent output"

# Lists.
many = humanloop.log(body=[{"project": "lists", "output": str(n), "config": {"type": "tool", "name": "t"},
                            "inputs": {"n": n}} for n in range(200)])
assert len(many.body if hasattr(many, "body") else many) == 200
project = next(project for project in humanloop.projects.list(filter="list", size=10).records if project.name == "lists")
assert project.data_count == 200, project
page = humanloop.logs.list(project_id=project.id, page=1, size=50)
assert page.total == 200 and len(page.records) == 50 and page.records[0].output == "149", page.records[0]
assert humanloop.logs.list(project_id=project.id, page=99, size=50).records == []
assert humanloop.logs.list(project_id=project.id, start_date="2001-01-01", end_date="2001-01-02").total == 0
humanloop.logs.delete(id=[page.records[0].id, page.records[1].id])
assert humanloop.logs.list(project_id=project.id).total == 198
assert humanloop.projects.export(id=project.id, size=5).total == 198

# Feedback, and sessions.
given = humanloop.feedback(type="rating", value="good", data_id=child.id)
assert given.value == "good" and given.id.startswith("ann_"), given
humanloop.feedback(body=[{"type": "comment", "value": "fine", "data_id": child.id}])
assert [feedback.value for feedback in humanloop.logs.get(id=child.id).feedback] == ["good", "fine"]
made = humanloop.sessions.create()
assert humanloop.sessions.get(id=made.id).datapoints_count == 0
humanloop.log(project="lists", session_id=made.id, output="x", config=model)
assert humanloop.sessions.list(project_id=project.id, page=1, size=5).records[0].id == made.id

# Tools, samples, stored and deployed configs.
config = {"model": "gpt-4", "tools": [{"name": "search", "parameters": {"type": "object", "properties": {}}}]}
called = humanloop.chat(project="tools", model_config=config, messages=[{"role": "user", "content": "look"}])
sample = called.data[0]
assert sample.output == "" and sample.finish_reason == "tool_call", sample
assert sample.output_message.tool_calls[0].function.name == "search", sample.output_message
several = humanloop.chat(project="tools", model_config={"model": "gpt-4"}, num_samples=3,
                         messages=[{"role": "user", "content": "hi"}])
assert [item.index for item in several.data] == [0, 1, 2] and len({item.id for item in several.data}) == 3
registered = humanloop.model_configs.register(project="deployed", model="gpt-4", endpoint="chat", temperature=0.2)
stored = registered.config.id
hi = [{"role": "user", "content": "hi"}]
assert humanloop.chat_deployed(project="deployed", messages=hi).data[0].output == "you said: hi"
by_id = humanloop.chat_model_config(project="deployed", model_config_id=stored, messages=hi).data[0]
assert by_id.model_config_id_ == stored if hasattr(by_id, "model_config_id_") else by_id["model_config_id"] == stored
assert humanloop.projects.get_active_config(id=registered.project_id).config.id == stored
assert humanloop.model_configs.get(id=stored).temperature == 0.2

# Errors.
assert "loc" in refused(422, lambda: humanloop.log(output="x", config=model))[0]
refused(404, lambda: humanloop.logs.get(id="data_nobody"))
refused(404, lambda: humanloop.logs.update_by_ref(reference_id="nobody", output="x"))
too_long = [{"role": "user", "content": "too long"}]
detail = refused(400, lambda: humanloop.chat(project="p", model_config={"model": "gpt-4"}, messages=too_long))
assert detail["origin"] == "OpenAI" and "context length" in detail["message"], detail
refused(401, lambda: Humanloop(api_key="wrong", host=url).sessions.create())


# Streams are asynchronous only.
async def stream():
    pieces, ids, reasons = [], set(), []
    response = await humanloop.chat_stream(project="streams", model_config={"model": "gpt-4"}, messages=hi)
    async for token in response.content:
        pieces.append(token["output"])
        ids.add(token["id"])
        reasons.append(token["finish_reason"])
    assert "".join(pieces).split() == ["yousaid:hi"], pieces
    assert len(ids) == 1 and reasons[-1] == "stop" and not any(reasons[:-1]), (ids, reasons)
    assert humanloop.logs.get(id=ids.pop()).output == "yousaid:hi"


asyncio.run(stream())
print("the Python client is content")
