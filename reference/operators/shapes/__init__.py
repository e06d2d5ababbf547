"""Operations that move numbers and change none."""
