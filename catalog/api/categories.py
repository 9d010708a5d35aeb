from django.db.models import ProtectedError
from drf_spectacular.utils import (
    OpenApiParameter,
    extend_schema,
    extend_schema_serializer,
)
from rest_framework import serializers
from rest_framework.exceptions import APIException, NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.base import PublicView
from catalog.api.examples import CATEGORY_PAGE
from catalog.api.pages import PageOutput, page_of
from catalog.api.problems import INVALID, NOT_FOUND, UNAVAILABLE, ProblemCase, problems
from catalog.api.serializers import CategoryNameOutput
from catalog.api.strict import StrictSerializer
from catalog.api.writes import WRITE_HEADERS, WRITE_PROBLEMS, Answer, WriteView
from catalog.models import Category
from catalog.parameters import PageParameters

CATEGORY_NOT_FOUND = ProblemCase(
    404, "category_not_found", "There is no category with this slug."
)
CATEGORY_IN_USE = ProblemCase(
    409, "category_in_use", "The category has products. Move them to another one first."
)
SLUG = "[-a-zA-Z0-9_]{1,80}"
SLUG_PARAMETER = OpenApiParameter(
    "slug",
    {"type": "string", "pattern": f"^{SLUG}$"},
    OpenApiParameter.PATH,
    description="The slug of the category.",
)


class InUse(APIException):
    status_code = CATEGORY_IN_USE.status
    default_code = CATEGORY_IN_USE.code
    default_detail = CATEGORY_IN_USE.description


@extend_schema_serializer(component_name="CategoryText")
class CategoryInput(StrictSerializer):
    name = serializers.CharField(max_length=80, help_text="The name to show.")


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


class CategoryDetailView(WriteView):
    @extend_schema(
        operation_id="category_put",
        summary="Create or rename a category",
        tags=["catalogue"],
        parameters=[SLUG_PARAMETER, WRITE_HEADERS[0]],
        request=CategoryInput,
        responses={
            200: CategoryNameOutput,
            201: CategoryNameOutput,
            **problems(NOT_FOUND, *WRITE_PROBLEMS),
        },
    )
    def put(self, request: Request, slug: str) -> Response:
        """Creates the category, or gives it another name."""
        body = CategoryInput(data=request.data)
        body.is_valid(raise_exception=True)

        def write() -> Answer:
            name = body.validated_data["name"]
            _, is_new = Category.objects.update_or_create(
                slug=slug, defaults={"name": name}
            )
            return Answer(201 if is_new else 200, {"slug": slug, "name": name})

        return self.answer(request, write)

    @extend_schema(
        operation_id="category_delete",
        summary="Delete a category",
        tags=["catalogue"],
        parameters=[SLUG_PARAMETER, WRITE_HEADERS[0]],
        responses={
            204: None,
            **problems(CATEGORY_NOT_FOUND, CATEGORY_IN_USE, *WRITE_PROBLEMS),
        },
    )
    def delete(self, request: Request, slug: str) -> Response:
        """Deletes a category without products."""

        def delete() -> Answer:
            category = Category.objects.filter(slug=slug).first()
            if category is None:
                detail = f"There is no category {slug}."
                raise NotFound(detail, CATEGORY_NOT_FOUND.code)
            try:
                category.delete()
            except ProtectedError as error:
                raise InUse from error
            return Answer(204, None)

        return self.answer(request, delete)
