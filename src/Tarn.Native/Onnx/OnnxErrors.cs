using System.Runtime.InteropServices;
using Tarn.Core;

namespace Tarn.Native;

/// <summary>ONNX Runtime's statuses as errors of ours.</summary>
internal static class OnnxErrors
{
    private const int InvalidArgument = 2;
    private const int NoSuchFile = 3;
    private const int InvalidProtobuf = 7;
    private const int NotImplemented = 9;
    private const int InvalidGraph = 10;
    private const string Terminated = "terminate flag";

    /// <summary>Throws where a call failed that fails only by a mistake in this binding or for want of memory.</summary>
    internal static void Check(nint status)
    {
        if (status != 0)
        {
            var (_, message) = Take(status);
            throw new TarnException(ErrorKind.Unavailable, "ONNX Runtime must be able to do what it is asked.", message, "Look at what it says; where it names memory, give the program more or the model smaller batches.");
        }
    }

    /// <summary>Throws where a tensor could not be made: of a type that the runtime has no memory for, or too large.</summary>
    internal static void CheckTensor(nint status, OnnxElementType type, ReadOnlySpan<long> shape)
    {
        if (status != 0)
        {
            var (code, message) = Take(status);
            var tensor = OnnxValue.Describe(type, shape);
            throw code is InvalidArgument or NotImplemented
                ? new TarnException(ErrorKind.Unsupported, "A tensor must be of a type that ONNX Runtime has memory for.", $"{tensor}: {message}")
                : new TarnException(ErrorKind.Unavailable, "There must be memory for a tensor.", $"{tensor}: {message}", "Use smaller batches, or give the program more memory.");
        }
    }

    /// <summary>Throws where an option that the caller chose was refused.</summary>
    internal static void CheckOption(nint status, string name, object? value)
    {
        if (status != 0)
        {
            var (_, message) = Take(status);
            throw TarnException.InvalidInput("A session's option must be one that ONNX Runtime takes.", $"{name} = {value}: {message}", "Leave it out, or see ONNX Runtime's documentation of session options.");
        }
    }

    /// <summary>Throws where a value cannot be bound to an input or output.</summary>
    internal static void CheckBinding(nint status, OnnxTensorInfo declared, OnnxValue value)
    {
        if (status != 0)
        {
            var (_, message) = Take(status);
            throw TarnException.InvalidInput("What is bound must be of the type that the model declares.", $"{value} for {declared}: {message}");
        }
    }

    /// <summary>Throws where a model was not loaded.</summary>
    internal static void CheckLoad(nint status, string model)
    {
        if (status == 0)
        {
            return;
        }

        var (code, message) = Take(status);
        var value = $"{model}: {message}";
        throw code switch
        {
            NoSuchFile => TarnException.NotFound("A model's file must exist.", value),
            NotImplemented => new TarnException(ErrorKind.Unsupported, "A model may use only operators that ONNX Runtime has.", value, "Export it with standard operators, at opset 26 and IR version 13 at most."),
            InvalidProtobuf => TarnException.Corrupt("A model's bytes must be an ONNX model.", value, "The file is damaged or of another kind: get it again, and compare its SHA-256."),
            InvalidGraph => TarnException.Corrupt("A model's graph must follow the rules of ONNX.", value, "Export the model again, at opset 26 and IR version 13 at most."),
            InvalidArgument => TarnException.InvalidInput("A model and its session's options must fit.", value),
            _ => TarnException.Corrupt("A model must be one that ONNX Runtime can load.", value, "Look at what it says; a model of opset 26 and IR version 13 at most is understood."),
        };
    }

    /// <summary>What a failed run says: a value that does not fit the model, named where it can be found, or what the runtime reports; a stop as a cancellation.</summary>
    internal static Exception OfRun(nint status, string? misfit)
    {
        var (code, message) = Take(status);
        if (message.Contains(Terminated, StringComparison.OrdinalIgnoreCase))
        {
            return new OperationCanceledException("The run of the model was stopped.");
        }

        return misfit is not null
            ? TarnException.InvalidInput("A model's inputs must be of the types and shapes that it declares.", misfit, "Give the tensor as the model's signature says.")
            : code == InvalidArgument
                ? TarnException.InvalidInput("A model's inputs must fit the model.", message)
                : TarnException.InvalidInput("A model must be able to run on its inputs.", message, "Look at the node that it names: shapes that do not fit each other there come from the inputs.");
    }

    private static (int Code, string Message) Take(nint status)
    {
        var code = OnnxApi.ErrorCode(status);
        var message = Marshal.PtrToStringUTF8(OnnxApi.ErrorMessage(status)) ?? "no message";
        OnnxApi.ReleaseStatus(status);
        return (code, message.ReplaceLineEndings(" ").Trim());
    }
}
