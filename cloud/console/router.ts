import { parseRoute, pathOf, type Route } from './route.ts'
import { createStore } from './store.ts'

const here = () => parseRoute(location.pathname, location.hash)

/** The route on show. */
export const route = createStore<Route>(here())

/** Goes to another page; `replace` leaves no trace in the browser's history. */
export function go(to: Route, options: { readonly replace?: boolean } = {}): void {
  if (options.replace) history.replaceState(null, '', pathOf(to))
  else history.pushState(null, '', pathOf(to))
  route.set(to)
  scrollTo(0, 0)
}

/** Follows the browser's back button and a link pasted into the address bar. */
export function followAddressBar(): void {
  const follow = () => route.set(here())
  addEventListener('popstate', follow)
  addEventListener('hashchange', follow)
}
