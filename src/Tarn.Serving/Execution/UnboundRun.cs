using System.Text;
using Tarn.Core;
using Tarn.Native;

namespace Tarn.Serving;

/// <summary>A run on a request's own memory, into memory that the runtime makes: for texts, and where shapes are not known before.</summary>
internal static class UnboundRun
{
    private static readonly UTF8Encoding Utf8 = new(false, throwOnInvalidBytes: true);

    public static void Run(LoadedModel model, InferenceRequest request)
    {
        var inputs = new OnnxValue?[model.Inputs.Length];
        var outputs = new OnnxValue?[model.Outputs.Length];
        try
        {
            for (var i = 0; i < inputs.Length; i++)
            {
                inputs[i] = Value(request.Inputs[i], model.Inputs[i].Name);
            }

            model.Session.Run(inputs!, outputs);
            request.ComputedAt = model.Now();
            for (var i = 0; i < outputs.Length; i++)
            {
                Read(outputs[i]!, request.Outputs[i], model.Outputs[i].Name);
            }
        }
        finally
        {
            foreach (var value in inputs)
            {
                value?.Dispose();
            }

            foreach (var value in outputs)
            {
                value?.Dispose();
            }
        }
    }

    private static OnnxValue Value(TensorData tensor, string name)
    {
        if (tensor.Type != OnnxElementType.String)
        {
            return OnnxValue.FromBytes(tensor.Type, tensor.Memory, tensor.Shape);
        }

        var texts = new string[tensor.Count];
        for (var i = 0; i < texts.Length; i++)
        {
            try
            {
                texts[i] = Utf8.GetString(tensor.Texts[i]);
            }
            catch (DecoderFallbackException)
            {
                throw TarnException.InvalidInput("A text of a tensor is UTF-8, which is what ONNX Runtime's texts are.", $"{name}[{i}]", "Send the text in UTF-8; a model that takes bytes takes them as UINT8.");
            }
        }

        return OnnxValue.FromStrings(texts, tensor.Shape);
    }

    private static void Read(OnnxValue value, TensorData output, string name)
    {
        if (value.Kind != OnnxValueKind.Tensor || !TensorTypes.IsServed(value.ElementType))
        {
            throw new TarnException(ErrorKind.Unsupported, "A model that is served gives tensors.", $"{name}: {value}", "Export the model without sequences and maps (for scikit-learn models: zipmap=False).");
        }

        Span<long> shape = stackalloc long[value.Shape.Count];
        for (var d = 0; d < shape.Length; d++)
        {
            shape[d] = value.Shape[d];
        }

        output.Set(value.ElementType, shape, name);
        if (value.ElementType == OnnxElementType.String)
        {
            var texts = value.GetStrings();
            for (var i = 0; i < texts.Length; i++)
            {
                output.Texts[i] = Encoding.UTF8.GetBytes(texts[i]);
            }
        }
        else if (output.Bytes.Length > 0)
        {
            value.AsBytes().CopyTo(output.Bytes);
        }
    }
}
