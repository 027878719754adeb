"""The native API, `/v1`. Source: native.md.

How an operation is added:

1. A module of `operations` (by subject) gets a function `async def name(call: Call) -> web.StreamResponse` and a `Row`
   in its `ROWS`: method, pattern, role, function, and what `/docs` says of it; what documents look like stands in its
   `SCHEMAS`. `operations/__init__` joins them all.
2. What its query and its body may have are `Schema`s of `fields`; the row names them as `query` and `body`. Before the
   function is called, `routes` has refused all that native.md 13 puts before it (401, 404 of the route, 405, 403, 429,
   413, 415, 400, 422 of all fields), so `call.query` and `call.body` hold what the schemas made of the request.
   A function that reads its body itself says `body=OWN`: it reads `call.request`, and tells mistakes by `parse.refuse`.
3. What it works with is a member of `Services` (`call`), which `wiring/native` fills.
4. It answers with `present.answer`, a list with `lists.page`, and raises errors of `app/errors` for what it refuses;
   `errors` knows how each is reported. A new error class has its line there, a new code its paragraph in `problems`.

OpenAPI, metrics, roles and the walks of the tests follow from the row.
"""
