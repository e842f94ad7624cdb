using System.Buffers;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Tarn.Serving;

/// <summary>Reads a ModelInferRequest: which version answers it, and its tensors.</summary>
internal sealed class InferReader(ServingFront front, ModelAccess? access)
{
    private const int UsualName = 256;

    /// <summary>Reads it. The message's memory is not needed afterwards.</summary>
    /// <exception cref="Core.TarnException">It is no such message, names what is not served, or does not fit.</exception>
    /// <exception cref="GrpcException">The caller may not ask it, or it is too large.</exception>
    public InferExchange Read(HttpContext http, in ReadOnlySequence<byte> message)
    {
        if (message.IsSingleSegment)
        {
            return Read(http, message.FirstSpan);
        }

        // A message beyond a few kilobytes lies in pieces; one copy is cheaper than reading across their seams.
        using var whole = PooledBuffer.Rent();
        whole.Ensure((int)message.Length);
        foreach (var segment in message)
        {
            whole.Write(segment.Span);
        }

        return Read(http, whole.Written);
    }

    /// <summary>Refuses a caller that may not ask an endpoint or a model.</summary>
    /// <exception cref="GrpcException">PERMISSION_DENIED.</exception>
    public void RequireAccess(HttpContext http, ReadOnlySpan<char> name)
    {
        if (access?.Invoke(http, name) is { } lack)
        {
            throw new GrpcException(GrpcStatus.PermissionDenied, lack);
        }
    }

    private InferExchange Read(HttpContext http, ReadOnlySpan<byte> message)
    {
        var names = InferNames.Of(message);
        var chosen = Choose(http, names.Model, names.Version);
        var model = chosen.Model;
        InferenceRequest? request = null;
        InferOptions? options = null;
        try
        {
            if (message.Length > model.Options.MaxRequestBytes)
            {
                throw new GrpcException(
                    GrpcStatus.ResourceExhausted,
                    string.Create(CultureInfo.InvariantCulture, $"A request to {model.Name} has at most {model.Options.MaxRequestBytes} bytes, and one of {message.Length} was sent. Send it in parts, or raise the model's MaxRequestBytes."));
            }

            request = model.Rent();
            options = InferOptions.Rent(model.Outputs.Length);
            var began = model.Now();
            options.KeepId(names.Id);
            InferMessage.Read(message, request, options);
            request.RecordRead(began);
            return new InferExchange(chosen, request, options);
        }
        catch
        {
            options?.Dispose();
            request?.Dispose();
            chosen.Dispose();
            throw;
        }
    }

    private Chosen Choose(HttpContext http, ReadOnlySpan<byte> name, ReadOnlySpan<byte> version)
    {
        // Longer ones are no names, but are told in the error.
        var most = name.Length + version.Length;
        var text = most <= UsualName ? stackalloc char[UsualName] : new char[most];
        var length = Encoding.UTF8.GetChars(name, text);
        var versionText = text.Slice(length, Encoding.UTF8.GetChars(version, text[length..]));
        RequireAccess(http, text[..length]);
        return front.Choose(http, text[..length], versionText, default);
    }
}
