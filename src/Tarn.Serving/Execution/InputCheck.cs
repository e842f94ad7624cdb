using System.Globalization;
using Tarn.Core;

namespace Tarn.Serving;

/// <summary>Whether a request's inputs are those that its model takes, before anything runs.</summary>
internal static class InputCheck
{
    /// <summary>Checks types and shapes, and counts the request's rows.</summary>
    /// <exception cref="TarnException">An input is missing or does not fit: it names the tensor, the rule and the remedy.</exception>
    public static void Check(InferenceRequest request)
    {
        var model = request.Model;
        var rows = -1L;
        for (var i = 0; i < model.Inputs.Length; i++)
        {
            var (port, tensor) = (model.Inputs[i], request.Inputs[i]);
            if (!tensor.IsSet)
            {
                throw TarnException.InvalidInput($"The model {model.Name} needs a value for each of its inputs.", $"no value for {port.Name} {port.Described}", $"Send the tensor {port.Name}.");
            }

            CheckTensor(model, port, tensor);
            if (!model.IsBatchable)
            {
                continue;
            }

            if (rows >= 0 && tensor.Rows != rows)
            {
                throw TarnException.InvalidInput(
                    $"All inputs of the model {model.Name} have as many rows in one request.",
                    string.Create(CultureInfo.InvariantCulture, $"{tensor.Rows} rows in {port.Name}, {rows} in {model.Inputs[0].Name}"),
                    "Send tensors whose first dimensions are equal.");
            }

            rows = tensor.Rows;
        }

        request.Rows = rows < 0 ? 1 : (int)rows;
        model.Memory?.Check(request);
    }

    private static void CheckTensor(LoadedModel model, TensorPort port, TensorData tensor)
    {
        if (tensor.Type != port.Type)
        {
            throw TarnException.InvalidInput(
                $"The input {port.Name} of the model {model.Name} is {TensorTypes.OpenInference(port.Type)}.",
                TensorTypes.OpenInference(tensor.Type),
                $"Send {port.Name} as {port.Described}.");
        }

        // A model may leave the rank open; then its shape here is empty, as that of a scalar, and the runtime decides.
        var shape = tensor.Shape;
        if (port.Shape.Length == 0)
        {
            return;
        }

        var fits = shape.Length == port.Shape.Length;
        for (var d = 0; fits && d < shape.Length; d++)
        {
            fits = port.Shape[d] < 0 || port.Shape[d] == shape[d];
        }

        if (!fits)
        {
            throw TarnException.InvalidInput(
                $"The input {port.Name} of the model {model.Name} has the shape {Shapes.Text(port.Shape)}, -1 standing for any length.",
                Shapes.Text(shape),
                $"Send {port.Name} as {port.Described}.");
        }
    }
}
