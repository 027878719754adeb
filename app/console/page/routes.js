// All screens, in the order of the menu. A screen is a line here, a name in texts, and a module of `screens`.

/** @type {import("./core/router.js").Route[]} */
export const ROUTES = [
  { name: "start", path: "/", tag: "start-screen", load: () => import("./screens/start.js"), nav: true },
  { name: "products", path: "/products", tag: "products-screen", load: () => import("./screens/products.js"), nav: true },
  { name: "product", path: "/products/{sku}", tag: "product-screen", load: () => import("./screens/product.js") },
  { name: "image", path: "/images/{id}", tag: "image-screen", load: () => import("./screens/image.js") },
  { name: "texts", path: "/texts", tag: "texts-screen", load: () => import("./screens/texts.js"), nav: true },
  { name: "files", path: "/files", tag: "files-screen", load: () => import("./screens/files.js"), nav: true, role: "editor" },
  { name: "events", path: "/events", tag: "events-screen", load: () => import("./screens/events.js"), nav: true },
  {
    name: "webhooks",
    path: "/webhooks",
    tag: "webhooks-screen",
    load: () => import("./screens/webhooks.js"),
    nav: true,
    role: "admin",
  },
  { name: "jobs", path: "/jobs", tag: "jobs-screen", load: () => import("./screens/jobs.js"), nav: true },
  { name: "keys", path: "/keys", tag: "keys-screen", load: () => import("./screens/keys.js"), nav: true, role: "admin" },
];
