import type { SiteState } from '@minewarden/protocol/finding.ts'
import { useSpeech } from '../text/language.ts'

/** A shape for each state, so that it is told without colour: sealed adit, diamond, triangle, filled octagon. */
export function StateShape(props: { readonly state: SiteState }) {
  return (
    <svg class="shape" viewBox="0 0 16 16" aria-hidden="true">
      {SHAPES[props.state]}
    </svg>
  )
}

const SHAPES = {
  sealed: (
    <g fill="none" stroke="currentColor" stroke-width="1.8">
      <path d="M3 14V8a5 5 0 0 1 10 0v6z" stroke-linejoin="round" />
      <path d="M3.5 10.5h9" />
    </g>
  ),
  watch: (
    <g fill="none" stroke="currentColor" stroke-width="1.8">
      <path d="M8 1.8 14.2 8 8 14.2 1.8 8z" stroke-linejoin="round" />
      <circle cx="8" cy="8" r="1.4" fill="currentColor" stroke="none" />
    </g>
  ),
  suspected: (
    <g fill="none" stroke="currentColor" stroke-width="1.8">
      <path d="M8 2 14.6 13.6H1.4z" stroke-linejoin="round" />
      <path d="M8 6.4v3.4M8 11.2v1" stroke-linecap="round" />
    </g>
  ),
  reopened: (
    <g>
      <path d="M5 1h6l4 4v6l-4 4H5l-4-4V5z" fill="currentColor" />
      <path class="shape-cut" d="M8 4v5M8 11v1" fill="none" stroke-width="2" stroke-linecap="round" />
    </g>
  ),
}

/** The state of a site: the same colour, shape and word everywhere. */
export function StateBadge(props: { readonly state: SiteState; readonly large?: boolean }) {
  const { t } = useSpeech()
  return (
    <span class={`badge state-${props.state}${props.large ? ' badge-large' : ''}`}>
      <StateShape state={props.state} />
      {t(`state.${props.state}`)}
    </span>
  )
}
