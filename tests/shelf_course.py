"""What stands beside the lessons of a small course: one entry of each kind, to be spoilt in one place or shown."""

# ruff: noqa: E501

from __future__ import annotations

from pathlib import Path

from courses.shelf import Shelf
from courses.yaml_source import read_yaml

GLOSSARY = """\
terms:
- id: tracking-number
  topic: logistics
  words: {zh-CN: 运单号, en: tracking number, ja: 追跡番号, de: Sendungsnummer, es: número de seguimiento, fr: numéro de suivi}
  say: {zh-CN: yùndān hào, en: /ˈtrækɪŋ ˌnʌmbər/, ja: ついせきばんごう, de: /ˈzɛndʊŋsˌnʊmɐ/, es: /ˈnumeɾo/, fr: /nymeʁo/}
  forms: {de: "die Sendungsnummer, -n"}
  also: {en: [tracking no.], zh-CN: [快递单号]}
  meaning: {zh-CN: 包裹的编号。, en: The number of a parcel.}
  note: {zh-CN: 不是订单号。, en: Not the order number.}
- id: tracking
  topic: logistics
  words: {zh-CN: 运单, en: tracking, ja: トラッキング, de: Verfolgung, es: rastreo, fr: suivi}
  say: {zh-CN: yùndān, en: /ˈtrækɪŋ/, ja: とらっきんぐ, de: /fɐˈfɔlɡʊŋ/, es: /rasˈtɾeo/, fr: /sɥivi/}
  meaning: {zh-CN: 看包裹到了哪里。, en: Seeing where a parcel is.}
- id: invoicing
  topic: payment
  words: {zh-CN: 开票, en: invoicing, ja: 請求書発行, de: Rechnungsstellung, es: facturación, fr: facturation}
  say: {zh-CN: kāipiào, en: /ˈɪnvɔɪsɪŋ/, ja: せいきゅうしょはっこう, de: /ˈʁɛçnʊŋs/, es: /faktuɾaˈθjon/, fr: /faktyʁasjɔ̃/}
  meaning: {zh-CN: 开出发票。, en: Making out an invoice.}
  source: "Rule book <1>"
"""

RULES = """\
rules:
- id: withdrawal
  jurisdiction: EU
  title: {zh-CN: 撤回权, en: Withdrawal}
  text: {zh-CN: 十四天内可以撤回。, en: Fourteen days.}
  source: "Directive 2011/83/EU, article 9"
  checked: 2026-01-10
  review: 2027-01-10
- id: old-rule
  jurisdiction: UK
  title: {zh-CN: 旧规则, en: An old rule}
  text: {zh-CN: 旧的。, en: Old words.}
  source: "A page"
  checked: 2024-01-10
  review: 2025-01-10
  unverified: true
"""

SCRIPT = """\
id: refund-steps
kind: refund
title: {zh-CN: 退款三步, en: Refund in three steps}
when: {zh-CN: 钱要退回去的时候。, en: When money goes back.}
steps: [{zh-CN: 确认问题, en: Confirm the problem}, {zh-CN: 给出办法, en: Offer the solution}]
rules: [withdrawal]
source: "own"
replies:
- lang: en
  market: US
  text: |
    Hi {name},
    I have refunded {amount}.
  gloss: {zh-CN: 已经退款。, en: "Says what is done, first."}
  avoid: |
    Dear {name}, calm down.
  why: {zh-CN: 叫人冷静没有用。, en: Telling people to calm down does not calm them.}
- lang: ja
  text: |
    {name} 様 返金いたしました。
  gloss: {zh-CN: 已退款。, en: Refunded.}
  avoid: |
    返金したよ。
  why: {zh-CN: 太随便。, en: Too casual.}
- lang: de
  text: |
    Guten Tag {name}, wir haben {amount} erstattet.
  gloss: {zh-CN: 已退款。, en: Refunded.}
  avoid: |
    Hi {name}, dein Geld kommt.
  why: {zh-CN: 要用 Sie。, en: Sie is asked for.}
- lang: es
  text: |
    Hola, {name}: le hemos devuelto {amount}.
  gloss: {zh-CN: 已退款。, en: Refunded.}
  avoid: |
    Tu dinero ya va.
  why: {zh-CN: 混用人称。, en: Mixes address.}
- lang: fr
  text: |
    Bonjour {name}, nous avons remboursé {amount}.
  gloss: {zh-CN: 已退款。, en: Refunded.}
  avoid: |
    Salut, c'est bon.
  why: {zh-CN: 太随便。, en: Too casual.}
placeholders:
  name: {zh-CN: 买家的名字, en: The buyer's name}
  amount: {zh-CN: 金额, en: The amount}
"""

MARKET = """\
id: de
name: {zh-CN: 德国, en: Germany}
languages: [de]
zone: Europe/Berlin
address: [{zh-CN: 用 Sie。, en: Use Sie.}]
tone: [{zh-CN: 直接。, en: Direct.}]
taboos: [{zh-CN: 不要称呼 du。, en: No du.}]
complaints: [{zh-CN: 写得详细。, en: In detail.}]
practical: [{zh-CN: 日期写 22.11.2026。, en: Dates are 22.11.2026.}]
holidays:
- id: christmas
  name: {zh-CN: 圣诞节, en: Christmas}
  local: Weihnachten
  on: {month: 12, day: 25}
  days: 2
  means: {zh-CN: 快递停运。, en: Couriers rest.}
- id: good-friday
  name: {zh-CN: 耶稣受难日, en: Good Friday}
  local: Karfreitag
  on: {easter: -2}
  means: {zh-CN: 没有人上班。, en: Nobody works.}
  note: {zh-CN: 安静的一天。, en: A quiet day.}
- id: black-friday
  name: {zh-CN: 黑色星期五, en: Black Friday}
  local: Black Friday
  on: {month: 11, weekday: thursday, nth: 4, plus: 1}
  means: {zh-CN: 订单最多。, en: Most orders.}
- id: fair
  name: {zh-CN: 展会, en: The fair}
  local: Messe
  on: {dates: ["2027-03-10"]}
  means: {zh-CN: 老板不在。, en: The boss is away.}
rules: [withdrawal, old-rule]
sources: ["A calendar"]
"""

SCENE = """\
id: en-late-parcel
kind: role_play
lang: en
market: US
channel: chat
title: {zh-CN: 包裹晚了, en: The parcel is late}
summary: {zh-CN: 买家等了九天。, en: A buyer has waited nine days.}
skills: [emotion, language]
points: [point-1]
minutes: 4
buyer:
  name: Dana Whitfield
  temper: 60
  goal: {zh-CN: 拿到包裹。, en: To get the parcel.}
  history: {zh-CN: 第一次买。, en: A first order.}
order: {number: "114-5550101-2288", item: {zh-CN: 台灯, en: A lamp}, paid: "39.99 USD", ordered: 2026-11-02}
policy:
- {id: refund-limit, label: {zh-CN: 退款上限, en: Refund limit}, value: 39.99, unit: USD}
- {id: return-window, label: {zh-CN: 退货期, en: Return window}, value: 30, unit: days}
style: {zh-CN: 美式拼写, en: American spelling}
start: opening
turns:
  opening:
    text: "Where is my parcel?"
    gloss: {zh-CN: 我的包裹呢？}
    replies:
    - id: a
      does: [confirm, empathise]
      text: "Nine days is too long, Dana. I am looking it up now."
      gloss: {zh-CN: 九天太久了，我马上查。}
      temper: -15
      points: 3
      why: {zh-CN: 先承认等了多久。, en: It names the nine days first.}
      to: solution
    - id: b
      does: [blame]
      text: "The carrier is slow, that is not our fault."
      gloss: {zh-CN: 是快递的错。}
      temper: 20
      points: 0
      why: {zh-CN: 把责任推开。, en: It pushes the blame away.}
      to: solution
    - id: c
      does: [deny]
      text: "It was shipped. Please check again."
      gloss: {zh-CN: 已经发了。}
      temper: 30
      points: 0
      why: {zh-CN: 没有回答问题。, en: It does not answer.}
      to: left
  solution:
    text: "And when will it come?"
    gloss: {zh-CN: 什么时候到？}
    replies:
    - id: a
      does: [deny]
      text: "I cannot know."
      gloss: {zh-CN: 我不知道。}
      temper: 10
      points: 0
      why: {zh-CN: 没有日期。, en: There is no day in it.}
      to: left
    - id: b
      does: [solve, timeline]
      text: "By Friday, or I refund 39.99 USD."
      gloss: {zh-CN: 周五前到，否则退款。}
      temper: -30
      points: 3
      why: {zh-CN: 有日期，也有退路。, en: A day and a way out.}
      to: kept
      rests_on: [refund-limit, withdrawal]
    - id: c
      does: [empathise]
      text: "Soon, I hope."
      gloss: {zh-CN: 希望很快。}
      temper: 5
      points: 1
      why: {zh-CN: 希望不是日期。, en: Hope is not a day.}
      to: kept
ends:
  kept:
    outcome: good
    text: "Okay, thank you."
    gloss: {zh-CN: 好，谢谢。}
    lesson: {zh-CN: 先承认，再给日期。, en: "Name it, then give a day."}
  left:
    outcome: bad
    text: "I will never buy here again."
    gloss: {zh-CN: 再也不来了。}
    lesson: {zh-CN: 推开责任，就推开了人。, en: Push the blame away and the buyer goes with it.}
source: "own"
"""

NEEDS = """\
stated:
- {skill: language, share: 62, text: {zh-CN: 语言不够用, en: Language falls short}, source: {zh-CN: 资料 B（所述）, en: Deck B (stated)}}
items:
""" + "".join(
    f"""\
- id: need-{skill}
  type: single
  form: needs
  skill: {skill}
  prior: 0.5
  source: "own"
  stem: {{zh-CN: "摸底 {skill}", en: "About {skill}"}}
  choices:
  - {{id: a, text: {{zh-CN: 是, en: "Yes"}}, right: true, why: {{zh-CN: 对, en: Right}}}}
  - {{id: b, text: {{zh-CN: 否, en: "No"}}, why: {{zh-CN: 错, en: Wrong}}}}
  explanation: {{zh-CN: 因为, en: Because}}
"""
    for skill in ("language", "product", "tools", "emotion", "culture")
)

SHELF = {
    "glossary.yaml": GLOSSARY,
    "needs.yaml": NEEDS,
    "rules/eu.yaml": RULES,
    "scripts/refund-steps.yaml": SCRIPT,
    "markets/de.yaml": MARKET,
    "scenarios/en-late-parcel.yaml": SCENE,
}
"""File -> text."""


def put_shelf(folder: Path) -> None:
    """Write every file of it into a course folder."""
    for name, text in SHELF.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def shelf(*, point: str = "point-1") -> Shelf:
    """The same entries as a published course carries them; the scene trains `point`."""
    scene = {**read_yaml(SCENE).value, "points": [point]}
    needs = read_yaml(NEEDS).value
    return Shelf(
        {
            "glossary": read_yaml(GLOSSARY).value["terms"],
            "rules": read_yaml(RULES).value["rules"],
            "scripts": [read_yaml(SCRIPT).value],
            "markets": [read_yaml(MARKET).value],
            "scenarios": [scene],
            "stated": needs["stated"],
            "needs": needs["items"],
        }
    )
