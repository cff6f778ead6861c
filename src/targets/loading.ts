/** How a stock loader would load a folder, beside the model's sizes and traits. */
export interface Loading {
  /** What it computes in, as torch calls it; null where the stored tensors say. */
  readonly dtype: string | null;
  /** Whether code of the folder's own takes the place of the stock class, where a user allows that. */
  readonly hasOwnCode: boolean;
}
