// The table of one instruction set. Define CK_TABLE and CK_NAME first.
#define CK_ENTRY(result, name, parameters) .name = name,

const ck_kernels CK_TABLE = {
    .name = CK_NAME,
    .panel_columns = CK_PANEL,
    .tile_rows = CK_TILE_ROWS,
    .peak_operations = 2 * CK_PEAK_CHAINS * CK_LANES,
    CK_KERNELS(CK_ENTRY)
#ifdef CK_HAS_DOTS
    .convolution_rows_dots = convolution_rows_dots,
    .product_rows_dots = product_rows_dots,
    .kernel_gradient_dots = kernel_gradient_dots,
    .peak_dots = peak_dots,
#endif
};
