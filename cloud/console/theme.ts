import type { SiteState } from '@minewarden/protocol/finding.ts'
import { createStore, useStore } from './store.ts'
import type { PlotLook } from './traces/plot.ts'

/** The style sheet's colours and size, for what is drawn on a canvas. */
export interface Theme {
  readonly plot: PlotLook
  readonly tints: Readonly<Record<SiteState, string>>
  readonly mark: string
  readonly lines: { readonly channels: string[]; readonly phases: string[] }
}

function readTheme(): Theme {
  const style = getComputedStyle(document.documentElement)
  const colour = (name: string) => style.getPropertyValue(`--${name}`).trim()
  return {
    plot: { text: colour('text-muted'), grid: colour('line'), remPx: Number.parseFloat(style.fontSize) },
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

/** Follows the system between light and dark, and the window's size. */
export function followTheme(): void {
  const read = () => theme.set(readTheme())
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', read)
  addEventListener('load', read)
  addEventListener('resize', () => {
    const remPx = Number.parseFloat(getComputedStyle(document.documentElement).fontSize)
    if (remPx !== theme.get().plot.remPx) read()
  })
}

/** The colours on show. */
export const useTheme = (): Theme => useStore(theme)
