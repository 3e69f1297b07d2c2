import { useSpeech } from '../text/language.ts'

/** A moment: short to the eye, whole in its title and for programs. */
export function Moment(props: { readonly at: string; readonly nowMs: number; readonly seconds?: boolean }) {
  const { format } = useSpeech()
  const short = format.moment(props.at, props.nowMs)
  const text = props.seconds && short.length === 5 ? format.clock(props.at) : short
  return (
    <time dateTime={props.at} title={format.full(props.at)}>
      {text}
    </time>
  )
}

/** How long ago, with the moment in its title. */
export function Ago(props: { readonly at: string; readonly nowMs: number }) {
  const { format } = useSpeech()
  return (
    <time dateTime={props.at} title={format.full(props.at)}>
      {format.ago(props.at, props.nowMs)}
    </time>
  )
}
