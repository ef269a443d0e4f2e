// Swagger UI, which takes the access token out of an answer that carries one.
/* global SwaggerUIBundle */

const place = document.getElementById('api-docs');

const ui = SwaggerUIBundle({
  url: place.dataset.url,
  domNode: place,
  tryItOutEnabled: true,
  defaultModelsExpandDepth: 0,
  responseInterceptor(answer) {
    const token = answer.obj?.data?.auth?.access_token;
    if (token) ui.preauthorizeApiKey('bearer', token);
    return answer;
  },
});
