from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.base import PublicView
from catalog.api.examples import CATEGORY_PAGE
from catalog.api.pages import PageOutput, page_of
from catalog.api.problems import INVALID, UNAVAILABLE, problems
from catalog.api.serializers import CategoryNameOutput
from catalog.models import Category
from catalog.parameters import PageParameters


class CategoryListView(PublicView):
    @extend_schema_serializer(component_name="CategoryPage")
    class Output(PageOutput):
        @extend_schema_serializer(component_name="Category")
        class CategoryOutput(CategoryNameOutput):
            product_count = serializers.IntegerField(
                help_text="How many published products the category has."
            )

        results = CategoryOutput(many=True)

    @extend_schema(
        operation_id="categories",
        summary="List categories",
        tags=["catalogue"],
        parameters=[PageParameters],
        responses={200: Output, **problems(INVALID, UNAVAILABLE)},
        examples=[CATEGORY_PAGE],
    )
    def get(self, request: Request) -> Response:
        """Returns all categories by name, with how many products each has."""
        values = PageParameters.read(request.query_params)
        categories = Category.objects.with_product_counts()
        page = page_of(request, categories, values, Category.objects.count())
        return Response(self.Output(page).data)
