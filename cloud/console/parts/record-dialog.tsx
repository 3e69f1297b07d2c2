import { useSpeech } from '../text/language.ts'
import type { ComponentChildren } from '../view.ts'
import { Dialog } from './dialog.tsx'

/** A form whose fields are read when it is sent, and what the server says against it. */
export function RecordDialog(props: {
  readonly title: string
  readonly busy: boolean
  readonly failure: string | null
  readonly onSend: (fields: FormData) => void
  readonly onClose: () => void
  readonly children: ComponentChildren
}) {
  const { t } = useSpeech()
  const submit = (event: Event) => {
    event.preventDefault()
    props.onSend(new FormData(event.currentTarget as HTMLFormElement))
  }
  return (
    <Dialog title={props.title} onClose={props.onClose}>
      <form class="record" onSubmit={submit}>
        {props.children}
        {props.failure && <p class="failure">{t('law.failed', { reason: props.failure })}</p>}
        <div class="dialog-actions">
          <button type="button" onClick={props.onClose}>
            {t('law.close')}
          </button>
          <button type="submit" class="danger" disabled={props.busy} data-action="record">
            {t('law.send')}
          </button>
        </div>
      </form>
    </Dialog>
  )
}

/** A moment may be told to the second: one just after another moment is not rounded to before it. */
const STEPS: Readonly<Record<string, string>> = { number: 'any', 'datetime-local': '1' }

export function Field(props: {
  readonly name: string
  readonly label: string
  readonly required?: boolean
  readonly type?: string
  readonly value?: string
}) {
  return (
    <label>
      {props.label}
      <input
        name={props.name}
        type={props.type ?? 'text'}
        required={props.required ?? true}
        defaultValue={props.value}
        step={STEPS[props.type ?? '']}
        maxLength={props.type === undefined ? 500 : undefined}
      />
    </label>
  )
}

/** The present moment for a field of date and time, in local time: to the minute (16 characters) or second (19). */
export const localNow = (nowMs: number, length: 16 | 19 = 16): string =>
  new Date(nowMs - new Date(nowMs).getTimezoneOffset() * 60_000).toISOString().slice(0, length)

export const textOf = (fields: FormData, name: string): string => String(fields.get(name) ?? '').trim()

/** A field of date and time as ISO 8601; `null` where it is empty. */
export function timeOf(fields: FormData, name: string): string | null {
  const text = textOf(fields, name)
  return text === '' ? null : new Date(text).toISOString()
}

export const onSiteOf = (fields: FormData, name: string) => ({
  name: textOf(fields, `${name}.name`),
  unit: textOf(fields, `${name}.unit`),
})
