export function drawArrows(): Promise<string>;
export function withArrows(text: string, drawing: string): string;
