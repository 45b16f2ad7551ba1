/** The HTTP contract as types: every call, what it takes and what it answers, from the generated `api.d.ts`. */
import type { components, paths } from './api'

export type Schema<Name extends keyof components['schemas']> = components['schemas'][Name]
export type Text = Schema<'Text'>
export type Code = Schema<'Code'>
/** A refusal as it travels: members that do not apply are left out. */
export type ProblemDetails = Partial<Schema<'ProblemDetails'>>

type Method = 'get' | 'post' | 'put' | 'delete'
type Path = keyof paths & string
type Operation<P extends Path, M extends Method> = NonNullable<paths[P][M]>

/** "GET /application" and so on. */
export type Call = {
  [P in Path]: {
    [M in Method]: [Operation<P, M>] extends [never] ? never : `${Uppercase<M>} ${P}`
  }[Method]
}[Path]

type Of<C extends Call> = C extends `${infer M} ${infer P}`
  ? P extends Path
    ? Lowercase<M> extends Method
      ? Operation<P, Lowercase<M>>
      : never
    : never
  : never

type Json<Content> = Content extends { content: { 'application/json': infer Body } } ? Body : undefined
type Success = 200 | 201 | 202 | 204

/** The body a call takes; undefined if it takes none. */
export type Body<C extends Call> = Of<C> extends { requestBody: infer R } ? Json<NonNullable<R>> : undefined

/** What a call answers when all is well; undefined for 204. */
export type Answer<C extends Call> =
  Of<C> extends { responses: infer R } ? { [S in keyof R & Success]: Json<R[S]> }[keyof R & Success] : never
