/**
 * Search FashionLens from InstantSearch: a `searchClient` for its widgets.
 *
 *   const searchClient = fashionLens("https://shop.example", { key: "fl_pub_..." });
 *   instantsearch({ indexName: "products", searchClient });
 *
 * Attributes of facets are category, colour, kind, seen_pattern, brand, size, gender,
 * age_group, material, pattern, in_stock and price. Replicas for `sortBy` are named
 * "products:price", "products:-price" and "products:-created".
 */

const PAGE_SIZE = 20;
const FACETS = {
  category: "categories",
  colour: "colours",
  kind: "kinds",
  seen_pattern: "seen_patterns",
  brand: "brands",
  size: "sizes",
  gender: "genders",
  age_group: "age_groups",
  material: "materials",
  pattern: "patterns",
};

export function fashionLens(shop, { key = "", fetch = globalThis.fetch } = {}) {
  const api = `${shop.replace(/\/$/, "")}/api/v1`;
  const headers = key ? { Authorization: `Bearer ${key}` } : {};
  let photoQuery = ""; // the id of the search for the photo

  async function ask(address, options = {}) {
    const response = await fetch(address, { ...options, headers });
    const answer = await response.json();
    if (!response.ok) throw Object.assign(new Error(answer.detail), answer);
    return answer;
  }

  async function searchOne({ indexName, params = {} }) {
    const parameters = readParams(params, photoQuery ? "words" : "q");
    const ordering = indexName.split(":")[1];
    if (ordering) parameters.set("ordering", ordering);
    const path = photoQuery ? `search/${photoQuery}` : "products";
    return asResult(await ask(`${api}/${path}/?${parameters}`), indexName, params);
  }

  return {
    /** Search with a photo from now on, or with words only again after `null`. */
    async setPhoto(photo) {
      photoQuery = "";
      if (!photo) return;
      const form = new FormData();
      form.append("photo", photo);
      form.append("page_size", "1");
      photoQuery = (await ask(`${api}/search/`, { method: "POST", body: form })).query;
    },

    async search(requests) {
      return { results: await Promise.all(requests.map(searchOne)) };
    },

    async searchForFacetValues(requests) {
      return Promise.all(
        requests.map(async ({ params }) => {
          const { facetName, facetQuery } = params;
          const parameters = readParams(params, photoQuery ? "words" : "q");
          parameters.set("facets", "true");
          if (facetQuery) parameters.set("facet_query", `${facetName}:${facetQuery}`);
          const path = photoQuery ? `search/${photoQuery}` : "products";
          const { facets } = await ask(`${api}/${path}/?${parameters}`);
          const values = facets[FACETS[facetName]] ?? [];
          return {
            facetHits: values.map(({ value, name, count }) => ({
              value,
              highlighted: name,
              count,
            })),
            exhaustiveFacetsCount: !facets.at_least,
          };
        }),
      );
    },
  };
}

function readParams(params, wordsName) {
  const parameters = new URLSearchParams();
  if (params.query) {
    parameters.set(wordsName, params.query);
    parameters.set("highlight", "true");
  }
  parameters.set("page", String((params.page ?? 0) + 1));
  // Some widgets ask for no hits at all.
  parameters.set("page_size", String(Math.max(1, params.hitsPerPage ?? PAGE_SIZE)));
  if (params.facets?.length) parameters.set("facets", "true");
  for (const filter of [params.facetFilters ?? []].flat(3)) {
    const [name, ...value] = filter.split(":");
    parameters.append(name, value.join(":"));
  }
  for (const filter of [params.numericFilters ?? []].flat(3)) {
    const [, name, sign, number] = filter.match(/^(\w+)\s*([<>=]+)\s*(-?[\d.]+)$/) ?? [];
    if (name !== "price") continue;
    if (sign.includes(">") || sign === "=") parameters.set("price_min", number);
    if (sign.includes("<") || sign === "=") parameters.set("price_max", number);
  }
  return parameters;
}

function asResult(answer, index, params) {
  const hitsPerPage = params.hitsPerPage ?? PAGE_SIZE;
  const count = answer.count ?? answer.results.length;
  return {
    index,
    query: params.query ?? "",
    params: "",
    hits: hitsPerPage === 0 ? [] : answer.results.map(asHit),
    nbHits: count,
    page: params.page ?? 0,
    hitsPerPage,
    nbPages: hitsPerPage ? Math.ceil(count / hitsPerPage) : 0,
    processingTimeMS: Math.round(answer.took_ms ?? 0),
    exhaustiveNbHits: answer.count !== null,
    queryID: answer.query,
    ...(answer.facets ? asFacets(answer.facets) : {}),
  };
}

/** Of a search, a result is a product and its photo; of a list, the product itself. */
function asHit(result) {
  const { product = result, photo = result.cover, band = null, highlights } = result;
  const { title, brand } = product;
  const marked = Object.entries({ title, brand }).map(([name, text]) => {
    const value = highlights ? asText(highlights[name]) : text;
    return [name, { value, matchLevel: value === text ? "none" : "full" }];
  });
  return {
    ...product,
    objectID: product.sku,
    photo,
    band,
    _highlightResult: Object.fromEntries(marked),
  };
}

// InstantSearch escapes the text itself, and knows what was found by these signs.
function asText(html) {
  return html
    .replaceAll("<mark>", "__ais-highlight__")
    .replaceAll("</mark>", "__/ais-highlight__")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#x27;", "'")
    .replaceAll("&amp;", "&");
}

function asFacets(facets) {
  const counts = Object.entries(FACETS).map(([attribute, name]) => [
    attribute,
    Object.fromEntries(facets[name].map(({ value, count }) => [value, count])),
  ]);
  const span = facets.price_span;
  return {
    facets: { ...Object.fromEntries(counts), in_stock: { true: facets.in_stock } },
    facets_stats: span ? { price: { min: span.min_cents, max: span.max_cents } } : {},
    exhaustiveFacetsCount: !facets.at_least,
  };
}
