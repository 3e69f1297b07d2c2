import { isTextKey, type Language, textOf } from './dictionary.ts'

const ON_PHASE = /^([abc])-(.+)$/

/** Faults that a meter tells, in words; a code that is not known stays a code. @param codes `a-overvoltage power-lost` */
export function faultWords(codes: string, language: Language): string {
  const words = codes.split(' ').flatMap((code) => (code ? [faultWord(code, language)] : []))
  return words.join(language === 'zh' ? '、' : ', ')
}

function faultWord(code: string, language: Language): string {
  const [, phase, onPhase] = ON_PHASE.exec(code) ?? []
  const key = `meterFault.${onPhase ?? code}`
  if (!isTextKey(key)) return code
  const fault = textOf(language, key)
  return phase ? textOf(language, 'meterFault.onPhase', { phase: phase.toUpperCase(), fault }) : fault
}
