namespace Tarn.Serving;

/// <summary>How a field's value lies in a Protocol Buffers message.</summary>
internal enum ProtoWire
{
    Varint = 0,
    Fixed64 = 1,
    Bytes = 2,
    GroupStart = 3,
    GroupEnd = 4,
    Fixed32 = 5,
}
