using System.Buffers.Binary;
using Tarn.Native;

namespace Tarn.Serving;

/// <summary>Writes the answer of a request to infer: JSON, and after it the elements of the outputs that are sent as bytes.</summary>
internal static class InferAnswer
{
    /// <summary>Writes the answer.</summary>
    /// <param name="to">Takes it.</param>
    /// <param name="request">The request, run.</param>
    /// <param name="options">What was asked.</param>
    /// <param name="id">The request's id as it stood in the body, in its quotes; empty for none.</param>
    /// <returns>Bytes of the JSON where bytes follow; -1 where none do.</returns>
    public static int Write(PooledBuffer to, InferenceRequest request, InferOptions options, ReadOnlySpan<byte> id)
    {
        var model = request.Model;
        to.Write("{\"model_name\":"u8);
        TensorJson.Text(to, model.Name);
        to.Write(",\"model_version\":\""u8);
        TensorJson.Whole(to, model.Version);
        to.Write((byte)'"');
        if (!id.IsEmpty)
        {
            to.Write(",\"id\":"u8);
            to.Write(id);
        }

        to.Write(",\"outputs\":["u8);
        var (isFirst, hasBinary) = (true, false);
        for (var o = 0; o < request.Outputs.Length; o++)
        {
            if (!request.Wanted[o])
            {
                continue;
            }

            if (!isFirst)
            {
                to.Write((byte)',');
            }

            isFirst = false;
            if (options.Classes(o) > 0)
            {
                Classification.Replace(request, o, options.Classes(o));
            }

            hasBinary |= options.IsBinary(o);
            WriteOutput(to, model.Outputs[o], request.Outputs[o], options.IsBinary(o));
        }

        to.Write("]}"u8);
        if (!hasBinary)
        {
            return -1;
        }

        var header = to.Length;
        for (var o = 0; o < request.Outputs.Length; o++)
        {
            if (request.Wanted[o] && options.IsBinary(o))
            {
                WriteElements(to, request.Outputs[o]);
            }
        }

        return header;
    }

    /// <summary>Bytes of a tensor in the binary form.</summary>
    public static int BinarySize(TensorData tensor)
    {
        var size = tensor.Bytes.Length;
        for (var i = 0; tensor.Type == OnnxElementType.String && i < tensor.Count; i++)
        {
            size += 4 + tensor.Texts[i].Length;
        }

        return size;
    }

    /// <summary>A tensor in the binary form.</summary>
    public static void WriteElements(PooledBuffer to, TensorData tensor)
    {
        if (tensor.Type != OnnxElementType.String)
        {
            to.Write(tensor.Bytes);
            return;
        }

        for (var i = 0; i < tensor.Count; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(to.GetSpan(4), tensor.Texts[i].Length);
            to.Advance(4);
            to.Write(tensor.Texts[i]);
        }
    }

    private static void WriteOutput(PooledBuffer to, TensorPort port, TensorData tensor, bool isBinary)
    {
        to.Write("{\"name\":"u8);
        TensorJson.Text(to, port.Utf8Name);
        to.Write(",\"datatype\":\""u8);
        to.Write(TensorTypes.OpenInferenceUtf8(tensor.Type));
        to.Write("\",\"shape\":"u8);
        TensorJson.Shape(to, tensor.Shape);
        if (isBinary)
        {
            to.Write(",\"parameters\":{\"binary_data_size\":"u8);
            TensorJson.Whole(to, BinarySize(tensor));
            to.Write("}}"u8);
        }
        else
        {
            to.Write(",\"data\":"u8);
            TensorJson.Flat(to, tensor);
            to.Write((byte)'}');
        }
    }
}
