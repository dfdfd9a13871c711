"""Templates: the text of a message, in Liquid."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from journeys.trigger import Name


class Template(BaseModel):
    """What a message says: Liquid in *subject*, *html* and *text*, and why it is sent (*purpose*).

    Without *text*, the text part is made from the HTML.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    name: Name
    channel: Literal["email"] = "email"
    purpose: str = "commercial"
    topic: str | None = None
    subject: str
    html: str
    text: str | None = None
    sender: str | None = Field(default=None, alias="from")
    reply_to: str | None = None
