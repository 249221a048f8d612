"""What the pages of practice scenes call kinds, channels, acts, outcomes, units and order facts."""

from __future__ import annotations

from flask_babel import gettext as _

from courses.simulator.scenario import Act, Channel, Outcome, SceneKind


def units() -> dict[str, str]:
    """Units that scenes write as one word; what only says what kind of value it is, is left out."""
    return {
        "days": _("days"),
        "day": _("day"),
        "working days": _("working days"),
        "working day": _("working day"),
        "business days": _("working days"),
        "hours": _("hours"),
        "months": _("months"),
        "month": _("month"),
        "years": _("years"),
        "year": _("year"),
        "percent": "%",
        "digits": _("digits"),
        "pieces": _("pieces"),
        **dict.fromkeys(
            ("date", "rule", "time", "status", "mode", "text", "photo", "charge", "check", "cause"), ""
        ),
    }


def order_words() -> dict[str, str]:
    """Keys of order facts that are often written; any other is shown as it is."""
    return {
        "number": _("Order number"),
        "item": _("Item"),
        "paid": _("Paid"),
        "price": _("Price"),
        "ordered": _("Ordered"),
        "shipped": _("Shipped"),
        "promised": _("Promised"),
        "delivered": _("Delivered"),
        "today": _("Today"),
        "status": _("Status"),
        "product": _("Product"),
        "returned": _("Returned"),
        "refunded": _("Refunded"),
        "carrier": _("Carrier"),
        "last_scan": _("Last scan"),
        "scan_1": _("First scan"),
        "scan_2": _("Second scan"),
        "received": _("Received"),
        "manual": _("Manual"),
        "failed": _("Failed"),
        "settled": _("Settled"),
        "pending": _("Pending"),
        "accepted": _("Accepted"),
        "refund_sent": _("Refund sent"),
        "return_received": _("Return received"),
        "sent_back_by_bank": _("Sent back by the bank"),
        "bounced": _("Sent back"),
        "dispute_opened": _("Dispute opened"),
        "first_email": _("First e-mail"),
        "earlier_calls": _("Earlier calls"),
        "day": _("Day"),
        "withdrawn": _("Withdrawn"),
    }


def kind_words() -> dict[SceneKind, str]:
    """Kinds of scenes as the page calls them."""
    return {
        SceneKind.ROLE_PLAY: _("Role play"),
        SceneKind.DEMONSTRATION: _("Product demonstration"),
        SceneKind.DEBATE: _("Case debate"),
    }


def channel_words() -> dict[Channel, str]:
    """Channels as the page calls them."""
    return {Channel.CHAT: _("Chat"), Channel.EMAIL: _("Mail"), Channel.PHONE: _("Phone")}


def outcome_words() -> dict[Outcome, str]:
    """How a run ended, as a heading."""
    return {
        Outcome.GOOD: _("It ended well"),
        Outcome.FAIR: _("It ended fairly"),
        Outcome.BAD: _("It ended badly"),
    }


def act_words() -> dict[Act, str]:
    """What a reply does, as its badge says it."""
    return {
        Act.CONFIRM: _("confirms the problem"),
        Act.EMPATHISE: _("shows understanding"),
        Act.SOLVE: _("offers a solution"),
        Act.TIMELINE: _("says when"),
        Act.NEXT: _("names the next step"),
        Act.THANK: _("thanks"),
        Act.ASK: _("asks what is needed"),
        Act.PROVE: _("gives proof"),
        Act.BLAME: _("blames"),
        Act.OVERPROMISE: _("promises too much"),
        Act.DENY: _("denies"),
        Act.DISMISS: _("brushes off"),
        Act.OFFTOPIC: _("misses the topic"),
        Act.WRONG_REGISTER: _("wrong form of address or tone"),
        Act.INVENT: _("invents a fact"),
        Act.TRADE_REVIEW: _("trades for a review"),
        Act.LEAK: _("gives away data"),
    }
