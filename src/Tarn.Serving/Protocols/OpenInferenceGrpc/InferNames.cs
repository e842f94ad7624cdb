using Tarn.Core;

namespace Tarn.Serving;

/// <summary>What a ModelInferRequest says before its tensors are looked at. Parts of the message, nothing is copied.</summary>
internal readonly ref struct InferNames
{
    private const int ModelName = 1;
    private const int ModelVersion = 2;
    private const int RequestId = 3;

    public ReadOnlySpan<byte> Model { get; private init; }

    public ReadOnlySpan<byte> Version { get; private init; }

    public ReadOnlySpan<byte> Id { get; private init; }

    /// <summary>Finds them; the last of several counts.</summary>
    /// <exception cref="TarnException">The bytes are no message, or one of the texts is not UTF-8.</exception>
    public static InferNames Of(ReadOnlySpan<byte> message)
    {
        var reader = new ProtoReader(message);
        ReadOnlySpan<byte> model = default, version = default, id = default;
        while (reader.Next())
        {
            switch (reader.Wire == ProtoWire.Bytes ? reader.Field : 0)
            {
                case ModelName:
                    model = reader.Text();
                    break;
                case ModelVersion:
                    version = reader.Text();
                    break;
                case RequestId:
                    id = reader.Text();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return new InferNames { Model = model, Version = version, Id = id };
    }
}
