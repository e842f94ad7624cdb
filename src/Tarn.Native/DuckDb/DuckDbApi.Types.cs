using System.Runtime.InteropServices;

namespace Tarn.Native;

/// <summary>Logical types and single values.</summary>
internal static unsafe partial class DuckDbApi
{
    [LibraryImport(Library, EntryPoint = "duckdb_create_logical_type")]
    internal static partial nint CreateType(int type);

    [LibraryImport(Library, EntryPoint = "duckdb_create_decimal_type")]
    internal static partial nint CreateDecimalType(byte width, byte scale);

    [LibraryImport(Library, EntryPoint = "duckdb_create_list_type")]
    internal static partial nint CreateListType(nint child);

    [LibraryImport(Library, EntryPoint = "duckdb_destroy_logical_type")]
    internal static partial void DestroyType(ref nint type);

    [LibraryImport(Library, EntryPoint = "duckdb_get_type_id")]
    internal static partial int TypeId(nint type);

    [LibraryImport(Library, EntryPoint = "duckdb_logical_type_get_alias")]
    internal static partial nint TypeAlias(nint type);

    [LibraryImport(Library, EntryPoint = "duckdb_decimal_width")]
    internal static partial byte DecimalWidth(nint type);

    [LibraryImport(Library, EntryPoint = "duckdb_decimal_scale")]
    internal static partial byte DecimalScale(nint type);

    [LibraryImport(Library, EntryPoint = "duckdb_enum_dictionary_size")]
    internal static partial uint EnumSize(nint type);

    [LibraryImport(Library, EntryPoint = "duckdb_enum_dictionary_value")]
    internal static partial nint EnumValue(nint type, ulong index);

    [LibraryImport(Library, EntryPoint = "duckdb_list_type_child_type")]
    internal static partial nint ListChildType(nint type);

    [LibraryImport(Library, EntryPoint = "duckdb_array_type_child_type")]
    internal static partial nint ArrayChildType(nint type);

    [LibraryImport(Library, EntryPoint = "duckdb_array_type_array_size")]
    internal static partial ulong ArraySize(nint type);

    [LibraryImport(Library, EntryPoint = "duckdb_map_type_key_type")]
    internal static partial nint MapKeyType(nint type);

    [LibraryImport(Library, EntryPoint = "duckdb_map_type_value_type")]
    internal static partial nint MapValueType(nint type);

    [LibraryImport(Library, EntryPoint = "duckdb_struct_type_child_count")]
    internal static partial ulong StructCount(nint type);

    [LibraryImport(Library, EntryPoint = "duckdb_struct_type_child_name")]
    internal static partial nint StructName(nint type, ulong index);

    [LibraryImport(Library, EntryPoint = "duckdb_struct_type_child_type")]
    internal static partial nint StructType(nint type, ulong index);

    [LibraryImport(Library, EntryPoint = "duckdb_destroy_value")]
    internal static partial void DestroyValue(ref nint value);

    [LibraryImport(Library, EntryPoint = "duckdb_create_null_value")]
    internal static partial nint NullValue();

    [LibraryImport(Library, EntryPoint = "duckdb_create_bool")]
    internal static partial nint BoolValue([MarshalAs(UnmanagedType.U1)] bool value);

    [LibraryImport(Library, EntryPoint = "duckdb_create_int32")]
    internal static partial nint Int32Value(int value);

    [LibraryImport(Library, EntryPoint = "duckdb_create_int64")]
    internal static partial nint Int64Value(long value);

    [LibraryImport(Library, EntryPoint = "duckdb_create_float")]
    internal static partial nint FloatValue(float value);

    [LibraryImport(Library, EntryPoint = "duckdb_create_double")]
    internal static partial nint DoubleValue(double value);

    [LibraryImport(Library, EntryPoint = "duckdb_create_date")]
    internal static partial nint DateValue(int days);

    [LibraryImport(Library, EntryPoint = "duckdb_create_timestamp")]
    internal static partial nint TimestampValue(long micros);

    [LibraryImport(Library, EntryPoint = "duckdb_create_timestamp_tz")]
    internal static partial nint TimestampTzValue(long micros);

    [LibraryImport(Library, EntryPoint = "duckdb_create_decimal")]
    internal static partial nint DecimalValue(DuckDbDecimal value);

    [LibraryImport(Library, EntryPoint = "duckdb_create_varchar_length")]
    internal static partial nint StringValue(byte* text, ulong length);

    [LibraryImport(Library, EntryPoint = "duckdb_create_blob")]
    internal static partial nint BlobValue(byte* data, ulong length);

    [LibraryImport(Library, EntryPoint = "duckdb_create_list_value")]
    internal static partial nint ListValue(nint childType, nint* values, ulong count);

    [LibraryImport(Library, EntryPoint = "duckdb_get_list_size")]
    internal static partial ulong ListSize(nint value);

    [LibraryImport(Library, EntryPoint = "duckdb_get_list_child")]
    internal static partial nint ListChildValue(nint value, ulong index);

    [LibraryImport(Library, EntryPoint = "duckdb_get_varchar")]
    internal static partial nint GetString(nint value);

    /// <summary>duckdb_decimal: width, scale, then the unscaled 128-bit value.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct DuckDbDecimal
    {
        internal byte Width;
        internal byte Scale;
        internal ulong Lower;
        internal long Upper;
    }
}
