// Gives the reader a file that the page has made. It never leaves her machine.
export function saveAs(name: string, type: string, content: string): void {
  const address = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // The browser has the file's content when the click has been handled.
  setTimeout(() => URL.revokeObjectURL(address), 0);
}
