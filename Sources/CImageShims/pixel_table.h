// The table of one instruction set. Define FT_TABLE and FT_NAME first.
const ft_pixel_kernels FT_TABLE = {
    .name = FT_NAME,
    .lane_plan_size = lane_plan_size,
    .make_lane_plan = make_lane_plan,
    .lerp_columns = lerp_columns,
    .weigh_columns = weigh_columns,
    .lerp_rows = lerp_rows,
    .weigh_rows = weigh_rows,
    .widen = widen,
    .color_row = color_row,
};
