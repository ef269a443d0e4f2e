// Swagger UI. It uses the access token of a login response for the next calls.
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
