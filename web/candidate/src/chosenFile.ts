/** The file that an input was just given. The input is emptied: choosing the same file again shall be a change again. */
export function chosenFile(event: Event): File | undefined {
  const input = event.target as HTMLInputElement
  const file = input.files?.[0]
  input.value = ''
  return file
}
