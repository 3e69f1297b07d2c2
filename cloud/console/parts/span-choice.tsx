import { useSpeech } from '../text/language.ts'

const MINUTE_MS = 60_000
export const SPANS_MS = [5, 15, 60, 360, 1440].map((minutes) => minutes * MINUTE_MS)

/** How far back the traces go. */
export function SpanChoice(props: { readonly spanMs: number; readonly onChoose: (spanMs: number) => void }) {
  const { t, format } = useSpeech()
  return (
    <fieldset class="choice">
      <legend class="unseen">{t('traces.span')}</legend>
      {SPANS_MS.map((spanMs) => (
        <button
          key={spanMs}
          type="button"
          aria-pressed={spanMs === props.spanMs}
          onClick={() => props.onChoose(spanMs)}
        >
          {format.span(spanMs)}
        </button>
      ))}
    </fieldset>
  )
}
