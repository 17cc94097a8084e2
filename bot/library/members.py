"""Stories as grouping compares them."""

from bot.store.events import StoryText
from bot.stories.comparison import Member
from bot.stories.model import Provider
from bot.stories.ranking import Rules
from bot.stories.similarity import terms, vector


def member_of(story: StoryText, rules: Rules) -> Member:
    """A stored story, with its vector and its owner."""
    return Member(
        story.story_id,
        story.key,
        vector(terms(story.title, story.excerpt), rules.frequencies),
        story.title,
        story.excerpt,
        story.published_at,
        owner_of(story, rules),
        story.domain,
    )


def owner_of(story: StoryText, rules: Rules) -> str:
    """The owner of a stored story's publisher."""
    return rules.owners.of_one(story.url, Provider(story.provider, story.domain))
