"""A stand-in for OpenAI on loopback: checks what it is sent, answers by what was said last, and streams."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEYS = {"Bearer sk-of-the-server", "Bearer sk-of-the-caller"}
UNKNOWN = {"chat_template", "prompt_template", "provider", "endpoint", "name", "inputs", "project"}


class OpenAi(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def send(self, status, body):
        body = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def refuse(self, status, message):
        self.send(status, {"error": {"message": message, "type": "invalid_request_error", "code": None}})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.headers.get("Authorization") not in KEYS:
            return self.refuse(401, "Incorrect API key provided")
        if extra := UNKNOWN & body.keys():
            return self.refuse(400, f"Unrecognized request arguments: {sorted(extra)}")
        if body.get("max_tokens") == -1 or body.get("max_completion_tokens") == -1:
            return self.refuse(400, "max_tokens must be positive")
        if "{{" in json.dumps(body.get("messages", body.get("prompt"))):
            return self.refuse(400, "an unrendered template")
        chat = self.path == "/v1/chat/completions"
        if not chat and self.path != "/v1/completions":
            return self.refuse(404, f"no such path {self.path}")
        said = body["messages"][-1]["content"] if chat else body["prompt"]
        if said == "too long":
            return self.refuse(400, "This model's maximum context length is 5 tokens")
        tools = body.get("tools") or []
        text = None if tools else ("No" if "Yes or No" in said else f"\n you said: {said} ")
        calls = [{"id": "call_1", "type": "function",
                  "function": {"name": tool["function"]["name"], "arguments": '{"q":"x"}'}} for tool in tools[:1]]
        if body.get("stream"):
            return self.stream(chat, text, calls)
        message = {"role": "assistant", "content": text, **({"tool_calls": calls} if calls else {})}
        reason = "tool_calls" if calls else "stop"
        choices = [
            {"index": index, "finish_reason": reason, **({"message": message} if chat else {"text": text})}
            for index in range(body.get("n") or 1)
        ]
        self.send(200, {"id": "cmpl-1", "object": "chat.completion" if chat else "text_completion", "model": body["model"],
                        "choices": choices, "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}})

    def stream(self, chat, text, calls):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        pieces = [{"content": part} for part in (text or "").split(" ") if part]
        pieces += [{"tool_calls": [{"index": 0, **call} for call in calls]}] if calls else []
        for piece in pieces:
            self.event(chat, piece, None)
        self.event(chat, {}, "tool_calls" if calls else "stop")
        self.wfile.write(b"data: [DONE]\n\n")
        self.close_connection = True

    def event(self, chat, delta, reason):
        choice = {"index": 0, "finish_reason": reason, **({"delta": delta} if chat else {"text": delta.get("content", "")})}
        event = {"id": "cmpl-1", "object": "chat.completion.chunk" if chat else "text_completion", "model": "m",
                 "choices": [choice]}
        self.wfile.write(f"data: {json.dumps(event)}\n\n".encode())
        self.wfile.flush()


server = ThreadingHTTPServer(("127.0.0.1", 0), OpenAi)
print(f"http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
