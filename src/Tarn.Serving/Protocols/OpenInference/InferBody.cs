using System.Globalization;
using System.Text;
using Tarn.Core;
using Tarn.Native;

namespace Tarn.Serving;

/// <summary>
/// Reads the body of a request to infer: JSON, and after it, where Triton's binary tensor extension is used, the elements of the inputs that have a <c>binary_data_size</c>.
/// </summary>
internal static class InferBody
{
    private const string Request = "the body";

    /// <summary>Fills a request's inputs and what is asked of its answer.</summary>
    /// <param name="body">The whole body.</param>
    /// <param name="header">Bytes of it that are JSON.</param>
    /// <param name="request">The request.</param>
    /// <param name="options">What is asked of the answer.</param>
    /// <param name="memory">The memory that the body lies in, where it stays until the request has been run: binary tensors are then views of it. Null: they are copies.</param>
    /// <param name="start">Where it begins in that memory.</param>
    /// <exception cref="TarnException">The body is not of the form, or does not fit the model.</exception>
    public static void Read(ReadOnlySpan<byte> body, int header, InferenceRequest request, InferOptions options, byte[]? memory = null, int start = 0)
    {
        var json = JsonScanner.Of(body[..header]);
        var binary = new BinaryInputs(body, header, memory, start);
        var hasInputs = false;
        json.Expect((byte)'{', Request);
        if (!json.Take((byte)'}'))
        {
            do
            {
                var name = json.Name(Request);
                if (name.SequenceEqual("inputs"u8))
                {
                    hasInputs = true;
                    ReadInputs(ref json, request, ref binary);
                }
                else if (name.SequenceEqual("outputs"u8))
                {
                    OutputsBody.Read(ref json, request, options);
                }
                else if (name.SequenceEqual("id"u8))
                {
                    _ = json.Peek();
                    var from = json.Position;
                    _ = json.RawString("id", out _);
                    (options.Id, options.HasId) = (from..json.Position, true);
                }
                else if (name.SequenceEqual("parameters"u8))
                {
                    ReadParameters(ref json, request, options);
                }
                else
                {
                    json.Skip(Request);
                }
            }
            while (json.More((byte)'}', Request));
        }

        json.End();
        if (!hasInputs)
        {
            throw TarnException.InvalidInput("A request to infer has inputs.", "none", "Send {\"inputs\": [{\"name\", \"shape\", \"datatype\", \"data\"}]}.");
        }

        binary.End();
    }

    /// <summary>Reads a body that is the elements of the one input of a model, with nothing that says so.</summary>
    public static void ReadRaw(ReadOnlySpan<byte> body, InferenceRequest request, InferOptions options)
    {
        var model = request.Model;
        if (model.Inputs.Length != 1)
        {
            throw TarnException.InvalidInput("A body that is one tensor's elements is for a model with one input.", $"{model.Name} has {model.Inputs.Length}", "Send JSON before the tensors, and its length as Inference-Header-Content-Length.");
        }

        var port = model.Inputs[0];
        Span<long> shape = stackalloc long[Math.Max(1, port.Shape.Length)];
        if (port.IsText)
        {
            shape.Fill(1);
            request.Inputs[0].Set(port.Type, shape[..Math.Max(1, port.Shape.Length)], port.Name);
            request.Inputs[0].Texts[0] = TensorBuilder.CheckedText(body.ToArray(), port.Name);
        }
        else
        {
            port.Shape.CopyTo(shape);
            RawShape.Solve(port, shape[..port.Shape.Length], body.Length);
            request.Inputs[0].Set(port.Type, shape[..port.Shape.Length], port.Name);
            body.CopyTo(request.Inputs[0].Bytes);
        }

        options.IsBinaryByDefault = true;
    }

    private static void ReadParameters(ref JsonScanner json, InferenceRequest request, InferOptions options)
    {
        json.Expect((byte)'{', "parameters");
        if (json.Take((byte)'}'))
        {
            return;
        }

        do
        {
            var name = json.Name("parameters");
            if (name.SequenceEqual("binary_data_output"u8))
            {
                options.IsBinaryByDefault = Flag(ref json, "binary_data_output");
            }
            else if (name.SequenceEqual("priority"u8))
            {
                request.Priority = (int)Number(ref json, "priority", int.MaxValue);
            }
            else if (name.SequenceEqual("timeout"u8))
            {
                var microseconds = Number(ref json, "timeout", 3_600_000_000);
                request.Timeout = microseconds > 0 ? TimeSpan.FromMicroseconds(microseconds) : null;
            }
            else
            {
                json.Skip("parameters");
            }
        }
        while (json.More((byte)'}', "parameters"));
    }

    private static void ReadInputs(ref JsonScanner json, InferenceRequest request, ref BinaryInputs binary)
    {
        json.Expect((byte)'[', "inputs");
        if (json.Take((byte)']'))
        {
            return;
        }

        do
        {
            ReadInput(ref json, request, ref binary);
        }
        while (json.More((byte)']', "inputs"));
    }

    private static void ReadInput(ref JsonScanner json, InferenceRequest request, ref BinaryInputs binary)
    {
        Span<long> shape = stackalloc long[TensorData.MaxRank];
        var (input, rank, type, data, size) = (-1, -1, OnnxElementType.Undefined, -1, -1L);
        json.Expect((byte)'{', "inputs");
        if (!json.Take((byte)'}'))
        {
            do
            {
                var name = json.Name("inputs");
                if (name.SequenceEqual("name"u8))
                {
                    input = PredictBody.InputOf(request.Model, json.Text("name"));
                }
                else if (name.SequenceEqual("shape"u8))
                {
                    rank = ReadShape(ref json, shape);
                }
                else if (name.SequenceEqual("datatype"u8))
                {
                    type = TypeOf(json.Text("datatype"));
                }
                else if (name.SequenceEqual("data"u8))
                {
                    data = json.Position;
                    json.Skip("data");
                }
                else if (name.SequenceEqual("parameters"u8))
                {
                    size = ReadSize(ref json);
                }
                else
                {
                    json.Skip("inputs");
                }
            }
            while (json.More((byte)'}', "inputs"));
        }

        Set(json, request, input, shape[..Math.Max(0, rank)], rank, type, data, size, ref binary);
    }

    private static void Set(JsonScanner json, InferenceRequest request, int input, scoped ReadOnlySpan<long> shape, int rank, OnnxElementType type, int data, long size, ref BinaryInputs binary)
    {
        if (input < 0 || rank < 0 || type == OnnxElementType.Undefined || (data < 0 && size < 0))
        {
            var missing = input < 0 ? "name" : rank < 0 ? "shape" : type == OnnxElementType.Undefined ? "datatype" : "data";
            throw TarnException.InvalidInput("An input has name, shape, datatype and data (or parameters.binary_data_size).", $"no {missing}", "Send all of them.");
        }

        var (port, tensor) = (request.Model.Inputs[input], request.Inputs[input]);
        if (data >= 0 && size >= 0)
        {
            throw SentTwice(port);
        }

        RequireFit(request, input, type);
        if (size >= 0)
        {
            binary.Take(port, tensor, shape, size);
            return;
        }

        var builders = Builders.Rent(1);
        try
        {
            json.Position = data;
            builders[0].Begin(port);
            builders[0].ReadFlat(ref json);
            builders[0].Finish(tensor, shape);
        }
        finally
        {
            Builders.Return(builders);
        }
    }

    /// <summary>Requires that an input was not sent before, and is of the type that the model takes.</summary>
    internal static void RequireFit(InferenceRequest request, int input, OnnxElementType type)
    {
        var port = request.Model.Inputs[input];
        if (request.Inputs[input].IsSet)
        {
            throw SentTwice(port);
        }

        if (type != port.Type)
        {
            throw TarnException.InvalidInput($"The input {port.Name} of the model {request.Model.Name} is {TensorTypes.OpenInference(port.Type)}.", TensorTypes.OpenInference(type), $"Send {port.Name} as {port.Described}.");
        }
    }

    private static TarnException SentTwice(TensorPort port) => TarnException.InvalidInput("A tensor is sent once, as data or as bytes.", port.Name, "Leave the second one out.");

    private static int ReadShape(ref JsonScanner json, scoped Span<long> shape)
    {
        var rank = 0;
        json.Expect((byte)'[', "shape");
        if (json.Take((byte)']'))
        {
            return 0;
        }

        do
        {
            if (rank == shape.Length)
            {
                throw TarnException.InvalidInput($"A tensor has at most {TensorData.MaxRank} dimensions.", "shape", "Reshape it.");
            }

            shape[rank++] = Number(ref json, "shape", int.MaxValue);
        }
        while (json.More((byte)']', "shape"));
        return rank;
    }

    private static long ReadSize(ref JsonScanner json)
    {
        var size = -1L;
        json.Expect((byte)'{', "parameters");
        if (json.Take((byte)'}'))
        {
            return size;
        }

        do
        {
            if (json.Name("parameters").SequenceEqual("binary_data_size"u8))
            {
                size = Number(ref json, "binary_data_size", int.MaxValue);
            }
            else
            {
                json.Skip("parameters");
            }
        }
        while (json.More((byte)'}', "parameters"));
        return size;
    }

    internal static long Number(ref JsonScanner json, string name, long most) =>
        json.Peek() is var next && next is (>= (byte)'0' and <= (byte)'9') or (byte)'-' && JsonNumbers.TryInt64(json.Token(name), out var value) && value >= 0 && value <= most
            ? value
            : throw TarnException.InvalidInput(string.Create(CultureInfo.InvariantCulture, $"{name} is a whole number of 0 to {most}."), next == 0 ? null : json.Bad(name).Value, "Correct it.");

    internal static bool Flag(ref JsonScanner json, string name)
    {
        var token = json.Token(name);
        return token.SequenceEqual("true"u8) || (token.SequenceEqual("false"u8) ? false : throw TarnException.InvalidInput($"{name} is true or false.", Encoding.UTF8.GetString(token), "Correct it."));
    }

    internal static OnnxElementType TypeOf(ReadOnlySpan<byte> name)
    {
        var type = TensorTypes.OfOpenInference(name);
        return type != OnnxElementType.Undefined
            ? type
            : throw TarnException.InvalidInput("A datatype is BOOL, UINT8 to UINT64, INT8 to INT64, FP16, FP32, FP64, BF16 or BYTES.", Encoding.UTF8.GetString(name), "Use one of these.");
    }
}
