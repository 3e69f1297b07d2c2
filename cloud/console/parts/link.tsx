import { pathOf, type Route } from '../route.ts'
import { go } from '../router.ts'
import type { ComponentChildren, JSX } from '../view.ts'

/** A link within the console; a click with a modifier key still opens a new tab. */
export function Link(props: {
  readonly to: Route
  readonly class?: string
  readonly current?: boolean
  /** For the pointer only: the same link stands elsewhere for the keyboard. */
  readonly unreachable?: boolean
  readonly children: ComponentChildren
}) {
  const follow = (event: JSX.TargetedMouseEvent<HTMLAnchorElement>) => {
    if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return
    event.preventDefault()
    go(props.to)
  }
  return (
    <a
      href={pathOf(props.to)}
      class={props.class}
      aria-current={props.current ? 'page' : undefined}
      tabIndex={props.unreachable ? -1 : undefined}
      onClick={follow}
    >
      {props.children}
    </a>
  )
}
