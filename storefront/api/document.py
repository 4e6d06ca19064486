"""How the OpenAPI document describes an address: what the views do not say twice."""

from collections.abc import Mapping
from typing import Any

import uritemplate
from drf_spectacular.extensions import (
    OpenApiAuthenticationExtension,
    OpenApiSerializerFieldExtension,
)
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import (
    ResolvedComponent,
    build_bearer_security_scheme_object,
)

from storefront.api.auth import IsShopper
from storefront.api.errors import title_of
from storefront.api.shapes.fields import Statement
from storefront.api.shapes.problems import EXAMPLES, Problem

ID = {"type": "string", "minLength": 1, "maxLength": 255}
PATHS: Mapping[str, tuple[str, str]] = {
    "member_id": ("The storefront's own id of the member.", "c-42"),
    "order_id": ("The storefront's own id of the order.", "1001"),
    "entry_id": ("The id of an entry of a statement.", "ent_17"),
    "decision_id": ("The id of a decision, as answers to facts name it.", "dec_9"),
    "redemption_id": ("The id of a redemption.", "red_3"),
    "referral_id": ("The id of a referral.", "ref_7"),
    "reward_code": ("The code of a reward in the program file.", "coffee"),
    "voucher_code": (
        "The code of a voucher; case, spaces and dashes do not matter.",
        "HC-7K2M-QX4D-9TRF-W3VH",
    ),
}
WRITES = ("POST", "PUT", "PATCH", "DELETE")


class Description(AutoSchema):
    """What every operation has: words, errors, ids in its path, a key for repeats."""

    @property
    def address(self) -> Any:
        """The view, which is a `ProgramView`."""
        return self.view

    def get_tags(self) -> list[str]:
        return [self.address.tag]

    def get_summary(self) -> str:
        return self._docstring().partition("\n")[0].rstrip(".")

    def get_description(self) -> str:  # type: ignore[override]
        rest = self._docstring().partition("\n")[2].strip()
        return f"{rest}\n\n{self._way_in()}".strip()

    def _way_in(self) -> str:
        """Say what opens the address."""
        if IsShopper in self.address.permission_classes:
            return "Needs a member token."
        scopes = " or ".join(f"`{scope}`" for scope in sorted(self.address.scopes))
        return f"Needs a key with the scope {scopes}." if scopes else "Any key will do."

    def get_operation_id(self) -> str:
        return f"{self.method.lower()}_{self.address.noun}"

    def _docstring(self) -> str:
        handler = getattr(self.address, self.method.lower())
        lines = (handler.__doc__ or "").strip().splitlines()
        return "\n".join(line.strip() for line in lines)

    def _get_parameters(self) -> list[dict[str, Any]]:
        parameters = super()._get_parameters()
        return parameters + ([self._repeat_key()] if self.method in WRITES else [])

    def _resolve_path_parameters(self, variables: list[str]) -> list[dict[str, Any]]:
        return [
            {
                "name": name,
                "in": "path",
                "required": True,
                "description": PATHS[name][0],
                "schema": ID,
                "example": PATHS[name][1],
            }
            for name in variables
        ]

    def _repeat_key(self) -> dict[str, Any]:
        required = self.address.needs_key and self.method == "POST"
        return {
            "name": "Idempotency-Key",
            "in": "header",
            "required": required,
            "description": "The same key and body get the same answer for 30 days.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 255},
            "example": "5f0c9d6e-goodwill",
        }

    def _map_serializer(
        self, serializer: Any, direction: Any, bypass_extensions: bool = False
    ) -> dict[str, Any]:
        schema: dict[str, Any] = super()._map_serializer(  # type: ignore[no-untyped-call]
            serializer, direction, bypass_extensions
        )
        # An unknown field in a request is refused, and the document says so.
        is_closed = isinstance(serializer, Statement)
        return schema | {"additionalProperties": False} if is_closed else schema

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        responses = super()._get_response_bodies(direction)
        if self.address.is_one_object and self.method == "GET":
            responses["304"] = {"description": "What you have (`If-None-Match`) is true."}
        return responses | {str(status): self._problem(status) for status in self._statuses()}

    def _statuses(self) -> list[int]:
        """Return the errors that this operation can answer with."""
        statuses = [400, 401, 403, 500, 503]
        if uritemplate.variables(self.path) or self.address.names_a_member:
            statuses.append(404)
        if self.method in WRITES:
            statuses += [409, 411, 413, 415, 422]
        return sorted(statuses)

    def _problem(self, status: int) -> dict[str, Any]:
        """Return a reference to the answer for an error, the same everywhere."""
        name = title_of(status).title().replace(" ", "")
        component = ResolvedComponent(  # type: ignore[no-untyped-call]
            name=name,
            type=ResolvedComponent.RESPONSE,
            object=name,
            schema={
                "description": EXAMPLES[status]["detail"],
                "content": {
                    "application/problem+json": {
                        "schema": self.resolve_serializer(Problem, "response").ref,
                        "example": EXAMPLES[status],
                    }
                },
            },
        )
        self.registry.register_on_missing(component)
        reference: dict[str, Any] = component.ref
        return reference


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """API keys in the document."""

    target_class = "storefront.api.auth.KeyAuthentication"
    name = "key"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        scheme: dict[str, Any] = build_bearer_security_scheme_object(
            "Authorization", "Bearer", "sk_… or pk_…"
        )
        return scheme | {
            "description": "A key of one program, made by `manage.py create_api_key`: secret "
            "(`sk_…`, server to server, with scopes) or publishable (`pk_…`, for browsers)."
        }


class ShopperScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Member tokens in the document."""

    target_class = "storefront.api.auth.ShopperAuthentication"
    name = "member_token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        scheme: dict[str, Any] = build_bearer_security_scheme_object(
            "Authorization", "Bearer", "JWT"
        )
        return scheme | {
            "description": "A token of one member, made by `POST /members/{id}/tokens`; it "
            "opens `/me` for some minutes."
        }


class NamedChoice(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """A choice of words, named once and referred to."""

    target_class = "storefront.api.shapes.fields.Word"

    def get_name(self) -> str:
        name: str = self.target.choice
        return name

    def map_serializer_field(self, auto_schema: AutoSchema, direction: Any) -> dict[str, Any]:
        return {"type": "string", "enum": list(self.target.words)}
