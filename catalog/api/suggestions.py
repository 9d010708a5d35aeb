from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.base import PublicView
from catalog.api.examples import SUGGESTIONS
from catalog.api.problems import INVALID, THROTTLED, UNAVAILABLE, problems
from catalog.api.serializers import absolute, audience_of
from catalog.parameters import Parameters, words_field
from catalog.suggestions import Suggestion, suggest


class SuggestionsView(PublicView):
    class Input(Parameters):
        q = words_field("What has been typed so far.", required=True)

    @extend_schema_serializer(component_name="Suggestions")
    class Output(serializers.Serializer):
        @extend_schema_serializer(component_name="Suggestion")
        class SuggestionOutput(serializers.Serializer):
            name = serializers.CharField()
            kind = serializers.CharField(
                help_text="`Category`, `Brand`, `Colour`, `Popular` for words that many"
                " search for, or `Did you mean` for words with typing errors corrected;"
                " empty for a product."
            )
            url = serializers.URLField(help_text="The page in the shop.")

        results = SuggestionOutput(many=True)

    @extend_schema(
        operation_id="suggestions",
        summary="Suggest while somebody types",
        tags=["catalogue"],
        parameters=[Input],
        responses={200: Output, **problems(INVALID, THROTTLED, UNAVAILABLE)},
        examples=[SUGGESTIONS],
    )
    def get(self, request: Request) -> Response:
        """Returns at most 18 categories, brands, colours, popular words and products.

        The last word may be the beginning of one.
        """
        values = self.Input.read(request.query_params)
        root = audience_of(request).root
        found = suggest(values["q"])
        return Response({"results": [suggestion_json(each, root) for each in found]})


def suggestion_json(suggestion: Suggestion, root: str) -> dict[str, str]:
    url = absolute(suggestion.address, root)
    return {"name": suggestion.name, "kind": suggestion.kind, "url": url}
