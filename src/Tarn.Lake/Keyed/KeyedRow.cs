namespace Tarn.Lake;

/// <summary>A row of a keyed table's file.</summary>
/// <param name="Key">Its key as text.</param>
/// <param name="Row">The row.</param>
/// <param name="ValidTo">In a history: when it ceased to be what one knew, or null; elsewhere null.</param>
internal readonly record struct KeyedRow<T>(string Key, T Row, DateTimeOffset? ValidTo);

/// <summary>A row, and the file that holds it.</summary>
internal readonly record struct LocatedRow<T>(DataFile File, KeyedRow<T> Row);
