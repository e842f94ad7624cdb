using System.Globalization;
using Tarn.Core;
using Tarn.Native;

namespace Tarn.Serving;

/// <summary>
/// Reads a ModelInferRequest into a request's tensors, without objects for what lies between. Fields come in any order; of a field that may stand once the last one counts; unknown ones
/// are passed over.
/// </summary>
internal static class InferMessage
{
    private const int Parameters = 4;
    private const int Inputs = 5;
    private const int Outputs = 6;
    private const int RawInputs = 7;
    private const int MostOnStack = 16;
    private const long MostMicroseconds = 3_600_000_000;

    /// <summary>Fills a request's inputs and what is asked of its answer.</summary>
    /// <exception cref="TarnException">The message is none, or does not fit the model.</exception>
    public static void Read(ReadOnlySpan<byte> message, InferenceRequest request, InferOptions options)
    {
        var most = request.Model.Inputs.Length;
        var inputs = most <= MostOnStack ? stackalloc (int At, int Length)[MostOnStack] : new (int At, int Length)[most];
        var raws = most <= MostOnStack ? stackalloc (int At, int Length)[MostOnStack] : new (int At, int Length)[most];
        var (inputCount, rawCount, namesOutputs) = (0, 0, false);
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            switch (reader.Wire == ProtoWire.Bytes ? reader.Field : 0)
            {
                case Parameters:
                    ReadParameter(reader.Message(), request);
                    break;
                case Inputs:
                    Note(ref reader, request.Model, inputs, ref inputCount);
                    break;
                case RawInputs:
                    Note(ref reader, request.Model, raws, ref rawCount);
                    break;
                case Outputs:
                    if (!namesOutputs)
                    {
                        Array.Fill(request.Wanted, false);
                        namesOutputs = true;
                    }

                    ReadOutput(reader.Message(), request, options);
                    break;
                default:
                    reader.Skip();
                    break;
            }

            static void Note(scoped ref ProtoReader reader, LoadedModel model, scoped Span<(int At, int Length)> places, ref int count)
            {
                if (count == model.Inputs.Length)
                {
                    throw TarnException.InvalidInput($"The inputs of the model {model.Name} are {string.Join(", ", model.Inputs.Select(static i => i.Name))}, each sent once.", "more than these", "Leave the others out.");
                }

                var length = reader.Bytes().Length;
                places[count++] = (reader.Position - length, length);
            }
        }

        if (rawCount > 0 && rawCount != inputCount)
        {
            throw TarnException.InvalidInput(
                "raw_input_contents has an entry for each of the inputs, or none at all.",
                string.Create(CultureInfo.InvariantCulture, $"{rawCount} for {inputCount} inputs"),
                "Send the elements of all inputs there, in the order of inputs, or all of them as contents.");
        }

        for (var i = 0; i < inputCount; i++)
        {
            var input = new ProtoReader(message.Slice(inputs[i].At, inputs[i].Length), inputs[i].At);
            ReadInput(input, request, rawCount > 0, rawCount > 0 ? message.Slice(raws[i].At, raws[i].Length) : default);
        }
    }

    private static void ReadParameter(ProtoReader entry, InferenceRequest request)
    {
        var parameter = InferParameterEntry.Read(entry);
        if (parameter.Key.SequenceEqual("priority"u8))
        {
            request.Priority = (int)parameter.Whole(int.MaxValue);
        }
        else if (parameter.Key.SequenceEqual("timeout"u8))
        {
            var microseconds = parameter.Whole(MostMicroseconds);
            request.Timeout = microseconds > 0 ? TimeSpan.FromMicroseconds(microseconds) : null;
        }
    }

    private static void ReadOutput(ProtoReader reader, InferenceRequest request, InferOptions options)
    {
        ReadOnlySpan<byte> name = default;
        var classes = 0;
        while (reader.Next())
        {
            if (reader.Is(1, ProtoWire.Bytes))
            {
                name = reader.Bytes();
            }
            else if (reader.Is(2, ProtoWire.Bytes))
            {
                var parameter = InferParameterEntry.Read(reader.Message());
                RequireNoSharedMemory(parameter, name);
                classes = parameter.Key.SequenceEqual("classification"u8) ? (int)parameter.Whole(int.MaxValue) : classes;
            }
            else
            {
                reader.Skip();
            }
        }

        var output = OutputsBody.OutputOf(request.Model, name);
        if (request.Wanted[output])
        {
            throw TarnException.InvalidInput("An output is asked for once.", request.Model.Outputs[output].Name, "Leave the second one out.");
        }

        request.Wanted[output] = true;
        options.Classes(output) = classes;
    }

    private static void ReadInput(ProtoReader reader, InferenceRequest request, bool isRaw, ReadOnlySpan<byte> raw)
    {
        Span<long> shape = stackalloc long[TensorData.MaxRank];
        ReadOnlySpan<byte> name = default, type = default;
        var rank = 0;
        var contents = reader;
        while (reader.Next())
        {
            if (reader.Is(1, ProtoWire.Bytes))
            {
                name = reader.Bytes();
            }
            else if (reader.Is(2, ProtoWire.Bytes))
            {
                type = reader.Bytes();
            }
            else if (reader.Is(3, ProtoWire.Varint))
            {
                AddDimension(shape, ref rank, reader.Varint());
            }
            else if (reader.Is(3, ProtoWire.Bytes))
            {
                for (var packed = reader.Message(); !packed.IsAtEnd;)
                {
                    AddDimension(shape, ref rank, packed.Varint());
                }
            }
            else if (reader.Is(4, ProtoWire.Bytes))
            {
                RequireNoSharedMemory(InferParameterEntry.Read(reader.Message()), name);
            }
            else
            {
                reader.Skip();
            }
        }

        var input = PredictBody.InputOf(request.Model, name);
        InferBody.RequireFit(request, input, InferBody.TypeOf(type));
        var (port, tensor) = (request.Model.Inputs[input], request.Inputs[input]);
        if (isRaw)
        {
            InferContents.RequireNone(contents, port);
            BinaryInputs.Set(port, tensor, shape[..rank], raw);
        }
        else
        {
            InferContents.Read(contents, port, tensor, shape[..rank]);
        }
    }

    private static void AddDimension(Span<long> shape, ref int rank, ulong length)
    {
        if (rank == shape.Length)
        {
            throw TarnException.InvalidInput($"A tensor has at most {TensorData.MaxRank} dimensions.", "shape", "Reshape it.");
        }

        shape[rank++] = (long)length;
    }

    private static void RequireNoSharedMemory(InferParameterEntry parameter, ReadOnlySpan<byte> name)
    {
        if (parameter.Key.SequenceEqual("shared_memory_region"u8))
        {
            throw new TarnException(ErrorKind.Unsupported, "Tensors travel in the message; memory is not shared with clients here.", System.Text.Encoding.UTF8.GetString(name), "Leave the parameter shared_memory_region out.");
        }
    }
}
