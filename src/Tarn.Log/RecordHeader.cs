namespace Tarn.Log;

/// <summary>A named value that travels with a record, beside its key and value. Names may repeat; order is kept.</summary>
/// <param name="Name">The name, at most 65,535 bytes as UTF-8.</param>
/// <param name="Value">The bytes.</param>
public readonly record struct RecordHeader(string Name, ReadOnlyMemory<byte> Value);
