using Microsoft.AspNetCore.Http;
using Tarn.Core;

namespace Tarn.Serving;

/// <summary>An API whose errors are <c>{"error": "…"}</c>: TensorFlow Serving's, the Open Inference Protocol's, and that of endpoints.</summary>
internal abstract class JsonErrorApi : ServingApi
{
    /// <summary>Answers with an error.</summary>
    /// <param name="http">The request; nothing of an answer has been sent.</param>
    /// <param name="error">What went wrong.</param>
    /// <param name="status">The HTTP status; null for the one of the error's kind.</param>
    public static Task SendErrorAsync(HttpContext http, TarnException error, int? status = null)
    {
        using var body = PooledBuffer.Rent();
        body.Write("{\"error\":"u8);
        TensorJson.Text(body, error.Message);
        body.Write((byte)'}');
        HttpAnswer.SetRetryAfter(http, error);
        return HttpAnswer.SendJson(http, body, status ?? HttpAnswer.StatusOf(error));
    }

    protected sealed override Task FailAsync(HttpContext http, TarnException error, int? status = null) => SendErrorAsync(http, error, status);
}
