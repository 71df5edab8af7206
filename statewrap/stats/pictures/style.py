"""How the page and its pictures look, by day and by night."""

from __future__ import annotations

from typing import Final

_LIGHT: Final = (
    "--ink:#1f2328;--soft:#59636e;--paper:#fff;--panel:#f6f8fa;--edge:#d1d9e0;--skip:#f1e8d6;"
    "--c0:#1f6fb2;--c1:#c2571a;--c2:#2c8f4a;--c3:#b8373f;--c4:#7d58a8;--c5:#80604d;"
    "--c6:#c25a9d;--c7:#5b6068;"
)
_DARK: Final = (
    "--ink:#e6edf3;--soft:#9198a1;--paper:#0d1117;--panel:#161b22;--edge:#3d444d;--skip:#2b2517;"
    "--c0:#6cb6ff;--c1:#f69d50;--c2:#57ab5a;--c3:#f47067;--c4:#b083f0;--c5:#c9a58c;"
    "--c6:#e275ad;--c7:#a0a8b2;"
)
_COLOURS: Final = "".join(
    f".l{n}{{stroke:var(--c{n})}}rect.c{n}{{fill:var(--c{n})}}" for n in range(8)
)

STYLE: Final = f"""
:root{{color-scheme:light dark;{_LIGHT}}}
@media(prefers-color-scheme:dark){{:root{{{_DARK}}}}}
body{{font:14px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);
max-width:1000px;margin:2em auto;padding:0 1em}}
h1{{font-size:1.5em}}h2{{font-size:1.25em;margin-top:2.2em}}h3{{font-size:1em;margin:1.4em 0 .4em}}
a{{color:var(--c0)}}p.note{{color:var(--soft)}}
table{{border-collapse:collapse;font-variant-numeric:tabular-nums}}
td,th{{padding:.15em .8em .15em 0;text-align:left;border-bottom:1px solid var(--edge);
vertical-align:top;overflow-wrap:anywhere}}
td.n,th.n{{text-align:right}}div.wide{{overflow-x:auto}}
.box{{border:1px solid var(--soft);border-radius:6px;padding:.3em .8em;width:fit-content;
max-width:100%;box-sizing:border-box;overflow-wrap:anywhere;background:var(--panel)}}
.end{{border-style:dashed}}
.gap{{margin:.15em 0 .15em 1.2em;color:var(--soft);font-size:.88em;overflow-wrap:anywhere;
border-left:2px solid var(--edge);padding-left:.8em}}
svg{{max-width:100%;height:auto;display:block}}
svg text{{font:12px system-ui,sans-serif;fill:var(--ink)}}
svg .title{{font-weight:600}}svg .small{{font-size:11px;fill:var(--soft)}}
svg .lane{{font-size:11px}}
.frame{{fill:var(--panel);stroke:var(--edge)}}
.line{{fill:none;stroke-width:1.4}}.dense{{stroke-opacity:.6}}
.dots{{fill:none;stroke-width:4;stroke-linecap:round}}
{_COLOURS}
.skip{{fill:var(--skip)}}.decides{{fill:var(--c0)}}.acts{{fill:var(--c1)}}.shows{{fill:var(--c3)}}
.resets{{fill:var(--c4)}}.fell{{fill:var(--c3)}}
.mark{{stroke:var(--soft);stroke-width:1;stroke-dasharray:3 3}}
.m-reset{{stroke:var(--c4)}}.m-opened{{stroke:var(--c2)}}.m-event{{stroke:var(--c5)}}
.m-fallback,.m-abandoned,.m-interrupted,.m-missed{{stroke:var(--c3)}}.m-ended{{stroke:var(--ink)}}
.m-restored{{stroke:var(--c0)}}
"""
