/** The sender of an activity as named by Teams; trusted only after the gate. */
export interface TeamsSender {
  readonly tenantId: string;
  readonly objectId: string;
  /** Teams user id (MRI). */
  readonly userId: string;
  readonly name: string;
}
