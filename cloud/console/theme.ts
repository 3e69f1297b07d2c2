import type { SiteState } from '@minewarden/protocol/finding.ts'
import { createStore, useStore } from './store.ts'
import type { PlotColours } from './traces/plot.ts'

/** The style sheet's colours, for what is drawn on a canvas. */
export interface Theme {
  readonly plot: PlotColours
  readonly tints: Readonly<Record<SiteState, string>>
  readonly mark: string
  readonly lines: { readonly channels: string[]; readonly phases: string[] }
}

function readTheme(): Theme {
  const style = getComputedStyle(document.documentElement)
  const colour = (name: string) => style.getPropertyValue(`--${name}`).trim()
  return {
    plot: { text: colour('text-muted'), grid: colour('line'), font: '11px system-ui, sans-serif' },
    tints: {
      sealed: 'transparent',
      watch: colour('watch-tint'),
      suspected: colour('suspected-tint'),
      reopened: colour('reopened-tint'),
    },
    mark: colour('text-muted'),
    lines: {
      channels: ['1', '2', '3', '4'].map((n) => colour(`trace-${n}`)),
      phases: ['total', 'phase-a', 'phase-b', 'phase-c'].map((n) => colour(`trace-${n}`)),
    },
  }
}

const theme = createStore<Theme>(readTheme())

/** Follows the system between light and dark. */
export function followTheme(): void {
  const read = () => theme.set(readTheme())
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', read)
  addEventListener('load', read)
}

/** The colours on show. */
export const useTheme = (): Theme => useStore(theme)
