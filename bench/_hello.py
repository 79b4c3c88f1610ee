"""The least a Flask server can do: what a request costs before it does anything."""

from flask import Flask

app = Flask(__name__)


@app.get("/")
def hello() -> str:
    return "hello"
