namespace Tarn.Lake;

/// <summary>How a table's columns are found in its files (protocol, "Column Mapping").</summary>
internal enum ColumnMapping
{
    /// <summary>By their names.</summary>
    None,

    /// <summary>By their physical names, which stay as columns are renamed.</summary>
    Name,

    /// <summary>By their ids, which Parquet's fields carry.</summary>
    Id,
}
