/** Where in the console a person is. Later pages are further kinds. */
export type Route =
  | { readonly kind: 'sites' }
  | { readonly kind: 'site'; readonly id: string }
  | { readonly kind: 'orders' }
  | { readonly kind: 'order'; readonly id: string }
  | { readonly kind: 'probes' }
  | { readonly kind: 'standings' }
  | { readonly kind: 'me' }
  | { readonly kind: 'sign-in'; readonly token: string | null }
  | { readonly kind: 'unknown' }

/** Reads an address. The token of a sign-in link stands after `#`, which a browser never sends. */
export function parseRoute(path: string, fragment: string): Route {
  const [room = '', id, ...rest] = path.split('/').filter(Boolean).map(decode)
  if (rest.length > 0) return { kind: 'unknown' }
  if (id === undefined) {
    if (room === '' || room === 'sites') return { kind: 'sites' }
    if (room === 'orders') return { kind: 'orders' }
    if (room === 'probes') return { kind: 'probes' }
    if (room === 'standings') return { kind: 'standings' }
    if (room === 'me') return { kind: 'me' }
    if (room === 'sign-in') return { kind: 'sign-in', token: fragment.replace(/^#/, '') || null }
  } else if (room === 'sites') return { kind: 'site', id }
  else if (room === 'orders') return { kind: 'order', id }
  return { kind: 'unknown' }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

/** The address of a route. */
export function pathOf(route: Route): string {
  switch (route.kind) {
    case 'site':
      return `/sites/${encodeURIComponent(route.id)}`
    case 'order':
      return `/orders/${encodeURIComponent(route.id)}`
    case 'orders':
      return '/orders'
    case 'probes':
      return '/probes'
    case 'standings':
      return '/standings'
    case 'me':
      return '/me'
    case 'sign-in':
      return '/sign-in'
    default:
      return '/'
  }
}
